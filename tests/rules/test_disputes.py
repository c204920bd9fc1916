"""What evidence has said against the CMDB stays on record while the CMDB has the edge."""

from rules.entries import CmdbLoaded
from tests.rules.estates import CRITICAL, OK, Story, chain


def disputed() -> Story:
    story = Story(chain(1))
    story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": OK, "pos-02/tcp": OK})
    story.wait(20)
    for _ in range(2):
        story.say("0001-s", {"sw-01/icmp": CRITICAL, "pos-01/tcp": CRITICAL})
        story.wait(130)
        story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": OK})
        story.wait(600)
    return story


def test_a_dispute_is_counted_once_for_each_time_that_the_parent_failed_and_outlasts_it() -> None:
    [row] = disputed().state.disputes.values()
    assert (row.child, row.parent, row.times) == ("0001/pos-02", "0001/sw-01", 2)


def test_it_is_forgotten_with_the_edge() -> None:
    story = disputed()
    cmdb = chain(1)
    cmdb["items"] = [item | {"depends_on": []} if item["id"] == "pos-02" else item for item in cmdb["items"]]
    story.tell(CmdbLoaded(at=story.now, document=cmdb))
    assert story.state.disputes == {}
