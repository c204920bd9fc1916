"""Ways of asking a device how it is. One file in probes/kinds/ is one way; nothing else knows how many there are.

Start reading at probes/probe.py (what a probe is) and probes/kinds/tcp.py (a short one); probes/registry.py finds them.
"""
