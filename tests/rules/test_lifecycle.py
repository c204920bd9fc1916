from rules.course import lifecycle


def test_the_diagram_leads_from_open_to_closed_over_every_phase() -> None:
    first, begins, *lines, ends = lifecycle.diagram().splitlines()
    assert (first, begins.strip(), ends.strip()) == ("stateDiagram-v2", "[*] --> open", "closed --> [*]")
    drawn = {line.split(":")[0].strip() for line in lines}
    assert {"open --> acknowledged", "acknowledged --> resolved", "resolved --> open", "resolved --> closed"} <= drawn
