"""Equal digests mean equal beliefs, in whatever order they came about."""

from hypothesis import given
from hypothesis import strategies as st

from contract import digest
from contract.records import Transition
from contract.reports import Belief
from contract.status import Status
from tests.contract.samples import AT, EPOCH, STAMP

STEPS = st.lists(st.tuples(st.sampled_from(["pos-01/tcp", "pos-02/tcp", "sw-01/icmp"]), st.sampled_from(Status)))


def history(steps: list[tuple[str, Status]]) -> tuple[list[Transition], dict[str, Belief]]:
    """The transitions of `steps` as an agent would log them, and what it believes in the end."""
    beliefs: dict[str, Belief] = {}
    transitions = []
    for seq, (check, after) in enumerate(steps, 1):
        was = beliefs.get(check)
        before, was_seq = (was.state, was.seq) if was else (Status.UNKNOWN, 0)
        transitions.append(
            Transition(seq=seq, check=check, before=before, after=after, started_at=AT, decided=STAMP, was_seq=was_seq)
        )
        beliefs[check] = Belief(check, after, AT, EPOCH, seq, 15.0)
    return transitions, beliefs


@given(STEPS)
def test_following_the_transitions_ends_in_the_digest_of_the_snapshot(steps: list[tuple[str, Status]]) -> None:
    transitions, beliefs = history(steps)
    running = digest.EMPTY
    for transition in transitions:
        running = digest.after_transition(running, transition)
    assert running == digest.of_snapshot(beliefs.values())


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_in_which_transitions_arrive_does_not_matter(steps: list[tuple[str, Status]], chance: object) -> None:
    transitions, beliefs = history(steps)
    chance.shuffle(transitions)  # type: ignore[attr-defined]
    running = digest.EMPTY
    for transition in transitions:
        running = digest.after_transition(running, transition)
    assert running == digest.of_snapshot(beliefs.values())


@given(STEPS.filter(len), st.data())
def test_a_transition_that_never_arrived_is_noticed(steps: list[tuple[str, Status]], data: st.DataObject) -> None:
    transitions, beliefs = history(steps)
    lost = data.draw(st.sampled_from(transitions))
    running = digest.EMPTY
    for transition in transitions:
        if transition is not lost:
            running = digest.after_transition(running, transition)
    assert running != digest.of_snapshot(beliefs.values())


def test_a_digest_reads_as_16_hex_digits_and_never_changes() -> None:
    """The vector is blake2b-64 of `pos-01/tcp=2@7`, as any other tool computes it."""
    assert digest.text(digest.EMPTY) == "0" * 16
    assert digest.text(digest.belief_hash("pos-01/tcp", Status.CRITICAL, 7)) == "c1ef0ba253af6e1c"
