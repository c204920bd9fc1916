"""Grafana dashboards as code: what customers cannot do first, causes after it, never one row a store.

`python -m noc.dashboards` writes them to noc/grafana/dashboards/; a test holds the files to this code.
"""
