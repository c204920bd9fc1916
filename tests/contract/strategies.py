"""Hypothesis strategies for everything that agents and the collector say to each other."""

from hypothesis import strategies as st

from contract.records import Gap, Record, Stamp, Summary, Transition
from contract.reports import Ack, Belief, Bulk, Bye, Cmd, EpochSpan, Hello, Live
from contract.results import MAX_TEXT, Result, columns
from contract.status import Status

INSTANTS = st.floats(0, 4_102_444_800)
IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=63)
CHECKS = st.builds("{}/{}".format, IDS, IDS)
EPOCHS = st.text("0123456789abcdef", min_size=16, max_size=16)
SEQS = st.integers(1, 2**53)
COUNTS = st.integers(0, 2**53)
STATUSES = st.sampled_from(Status)
# JSON cannot hold half a surrogate pair; what comes from a device is cleaned before it gets here.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_TEXT)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
OFFSETS = st.none() | NUMBERS
RANGES = st.tuples(SEQS, SEQS).map(lambda ends: (min(ends), max(ends)))

STAMPS = st.builds(Stamp, wall=INSTANTS, boot=WORDS, up=st.floats(0, 1e10))
TRANSITIONS = st.builds(
    Transition,
    seq=SEQS,
    check=CHECKS,
    before=STATUSES,
    after=STATUSES,
    started_at=INSTANTS,
    decided=STAMPS,
    was_seq=COUNTS,
    flapping=st.booleans(),
    text=TEXTS,
    interval=st.floats(0.001, 86_400),
)
GAPS = st.builds(Gap, seq=SEQS, first=SEQS, last=SEQS, count=COUNTS, reason=WORDS)
SUMMARIES = st.builds(
    Summary,
    seq=SEQS,
    check=CHECKS,
    since=INSTANTS,
    until=INSTANTS,
    status=STATUSES,
    count=COUNTS,
    min_ms=NUMBERS,
    mean_ms=NUMBERS,
    max_ms=NUMBERS,
)
RECORDS: st.SearchStrategy[Record] = TRANSITIONS | GAPS | SUMMARIES
RESULTS = st.builds(Result, check=CHECKS, status=STATUSES, ms=st.floats(0, 1e9), text=TEXTS)
SPANS = st.builds(EpochSpan, epoch=EPOCHS, previous=st.none() | EPOCHS, first=COUNTS, last=COUNTS)
BELIEFS = st.builds(
    Belief,
    check=CHECKS,
    state=STATUSES,
    since=INSTANTS,
    epoch=EPOCHS,
    seq=SEQS,
    interval=st.floats(0.001, 86_400),
    text=TEXTS,
)

HELLOS = st.builds(
    Hello,
    at=INSTANTS,
    epochs=st.lists(SPANS, min_size=1, max_size=4),
    snapshot=st.lists(BELIEFS, max_size=4),
    boot=WORDS,
    version=WORDS,
    config=WORDS,
    pulse=st.floats(0.001, 3600),
    dropped=COUNTS,
    offset=OFFSETS,
)
LIVES = st.builds(
    Live,
    at=INSTANTS,
    epoch=EPOCHS,
    last=COUNTS,
    digest=EPOCHS,
    results=st.lists(RESULTS, max_size=4).map(columns),
    records=st.lists(RECORDS, max_size=4),
    pending=COUNTS,
    dropped=COUNTS,
    offset=OFFSETS,
)
BULKS = st.builds(Bulk, at=INSTANTS, epoch=EPOCHS, records=st.lists(RECORDS, min_size=1, max_size=4))
BYES = st.builds(Bye, at=INSTANTS, epoch=EPOCHS, why=st.sampled_from(["stop", "shutdown", "will"]))
ACKS = st.builds(Ack, epoch=EPOCHS, have=st.lists(RANGES, max_size=4), echo=INSTANTS, received=INSTANTS, sent=INSTANTS)
CMDS = st.builds(
    Cmd,
    kind=st.sampled_from(["hello", "ranges", "pause", "resume"]),
    within=st.floats(0, 3600),
    epoch=st.none() | EPOCHS,
    ranges=st.lists(RANGES, max_size=4),
)
UPS = st.one_of(
    st.tuples(st.just("hello"), HELLOS),
    st.tuples(st.just("live"), LIVES),
    st.tuples(st.just("bulk"), BULKS),
    st.tuples(st.just("bye"), BYES),
)
