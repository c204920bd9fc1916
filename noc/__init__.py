"""What the NOC looks at: Prometheus rules, the Alertmanager example, and Grafana dashboards written as code."""
