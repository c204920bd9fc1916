// Commands: those that are possible as buttons; a dialog with what one needs to know, and a refusal with its reason.

import { Problem } from "/console/api.js";
import { el, replace } from "/console/dom.js";
import { dialog, said } from "/console/frame.js";

// `ask` is called with the command that was chosen; `rest` are further buttons.
export function showCommands(list, commands, about, ask, ...rest) {
  const possible = commands.filter((command) => command.states.includes(about.state) && (!command.when || command.when(about)));
  const focused = document.activeElement.dataset?.command;
  replace(list, possible.map((command, at) =>
    el("button", { type: "button", class: at === 0 && command.name !== "notes" ? "primary" : "", "data-command": command.name, onclick: () => ask(command) }, command.words)), rest);
  if (focused) list.querySelector(`[data-command=${focused}]`)?.focus();
}

// `command`: {words, ask, field, optional, short, with, more: [[name, words, kind]]}; `submit` gets the body to post.
export function asked(command, title, submit) {
  const field = el(command.short ? "input" : "textarea", { name: "text", "aria-label": command.ask, placeholder: command.ask, required: !command.optional, maxlength: command.short ? 200 : 2000 });
  const more = (command.more ?? []).map(([name, words, kind]) => [name, kind, el("input", { name, "aria-label": words, placeholder: words, maxlength: 100, required: kind === Number, inputmode: kind === Number ? "numeric" : "text" })]);
  const wrong = el("p", { class: "wrong-text", role: "status" });
  dialog(title, [field, more.map(([, , input]) => input), wrong], [[command.words, async () => {
    try {
      const rest = Object.fromEntries(more.map(([name, kind, input]) => [name, kind(input.value.trim())]));
      await submit({ ...command.with, ...rest, [command.field]: field.value.trim() });
      said(`${command.words}: done`);
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) wrong.textContent = `No answer: ${problem.message}`;
      else wrong.textContent = `${problem.title}: ${problem.message}`;
      return false;
    }
  }]]);
  field.focus();
}
