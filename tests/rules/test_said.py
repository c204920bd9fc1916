from rules.entries import Command
from rules.said import lines, one_line
from tests.rules.estates import CRITICAL, Story, chain


def test_what_a_device_says_is_one_printable_line_without_card_numbers() -> None:
    assert one_line("a\x1b[31mb\r\nc\u202ed") == "a [31mb  c d"
    assert one_line("card 4111 1111 1111 1111 refused") == "card [card number removed] refused"
    assert len(one_line("x" * 10_000)) == 2_000


def test_a_note_keeps_its_lines_but_no_card_number_and_no_escape() -> None:
    assert lines("one\ntwo\x07 4111111111111111") == "one\ntwo  [card number removed]"


def test_neither_a_title_nor_a_note_brings_them_into_an_incident() -> None:
    story = Story(chain())
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    arguments = {"ci": "0001", "title": "till\x1b[2J 4111111111111111"}
    story.tell(Command(at=story.now, id="1", actor="ann", name="create", arguments=arguments))
    assert story.incidents()[-1].title == "till [2J [card number removed]"
