"""A small chain with three stores in two cohorts, and what its classes are asked."""

from collector.cmdb import Cmdb, whole

CHAIN = """\
stores:
  - {id: "0001", region: north, timezone: Europe/London, agents: [0001-server, 0001-spare]}
  - {id: "0002", region: north, agents: [0002-server]}
  - {id: "0003", region: south east, agents: [0003-server]}
  - {id: "0004", region: north}
items:
  - {id: server-01, store: "0001", class: store_server, address: 10.0.1.4, agent: 0001-server}
  - {id: pos-01, store: "0001", class: pos_terminal, address: 10.0.1.11, depends_on: [acquirer-a]}
  - {id: pos-02, store: "0001", class: pos_terminal, address: 10.0.1.12, attributes: {lane: seven}}
  - {id: pos-03, store: "0001", class: pos_terminal, lifecycle: planned}
  - {id: pos-01, store: "0002", class: pos_terminal, address: "2001:db8::11"}
  - {id: pos-01, store: "0003", class: pos_terminal, address: till.example, depends_on: [acquirer-a]}
  - {id: acquirer-a, class: payment_gateway}
  - {id: reference, class: control_target, address: 192.0.2.1}
  - {id: scale-01, store: "0002", class: scale}
"""


def chain(checks_by_class: str, stores_and_items: str = CHAIN) -> Cmdb:
    return whole(f"{stores_and_items}checks_by_class:\n{checks_by_class}", "cmdb.yaml")
