// A table whose rows are links: chosen by keyboard, opened by a click anywhere.

export function rowsOf(body) {
  body.addEventListener("click", (event) => {
    const link = event.target.closest("tr")?.querySelector("a");
    if (link && !event.target.closest("a") && String(getSelection()) === "") link.click();
  });
  return {
    step: (by) => {
      const links = [...body.querySelectorAll("a")];
      const at = links.indexOf(document.activeElement);
      links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
    },
  };
}
