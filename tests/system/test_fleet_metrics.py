# SPDX-License-Identifier: MIT
"""config/home/fleet-*.yaml in Debian's MQTT exporter and Prometheus, beside a whole chair."""
import json
import subprocess
import urllib.parse
import urllib.request

import pytest
import yaml

import asyncapi
from chair import PADS, ROOT, free_port, until

STATES = asyncapi.document()["components"]["schemas"]["state_name"]["enum"]
EXAMPLES = ROOT / "config/home"
LOST = """
rule_files: [fleet-alerts.yaml]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - {series: 'chair_uptime_seconds{chair="stays"}', values: '0+15x120'}
      - {series: 'chair_uptime_seconds{chair="goes"}', values: '0+15x40 stale'}
      - {series: 'chair_uptime_seconds{chair="restarts"}', values: '0 15 30 0 15 30 0 15 30 0+15x111'}
      - {series: 'chair_state{chair="stays"}', values: '2x120'}
      - {series: 'chair_state{chair="goes"}', values: '2x36 0x8 stale'}
    alert_rule_test:
      - {eval_time: 9m30s, alertname: ChairFault, exp_alerts: []}
      - eval_time: 10m30s
        alertname: ChairFault
        exp_alerts:
          - exp_labels: {chair: goes}
            exp_annotations: {summary: 'Chair goes has a fault that somebody must acknowledge there.'}
      - {eval_time: 9m, alertname: ChairAway, exp_alerts: []}
      - eval_time: 12m
        alertname: ChairAway
        exp_alerts:
          - exp_labels: {chair: goes}
            exp_annotations: {summary: 'Chair goes was there ten minutes ago and says nothing now.'}
      - eval_time: 12m
        alertname: ChairRestarts
        exp_alerts:
          - exp_labels: {chair: restarts}
            exp_annotations: {summary: 'The controller of chair restarts started 3 times in an hour.'}
"""


class Metrics:
    """Exporter and Prometheus with our settings; only ports and paces are those of the test."""

    def __init__(self, chair):
        self.chair = chair
        exporter, self.port = free_port(), free_port()
        self.settings("fleet-exporter.yaml", {"127.0.0.1:1883": f"127.0.0.1:{chair.port}"})
        self.settings("fleet-prometheus.yaml", {"127.0.0.1:9641": f"127.0.0.1:{exporter}", "15s": "200ms"})
        self.settings("fleet-alerts.yaml", {"for: 1m": "for: 0s"})
        chair.launch("exporter", "prometheus-mqtt-exporter", "-config", chair.dir / "fleet-exporter.yaml",
                     "-listen-address", "127.0.0.1", "-listen-port", exporter).says("Listening on")
        chair.launch("prometheus", "prometheus", f"--config.file={chair.dir}/fleet-prometheus.yaml",
                     f"--storage.tsdb.path={chair.dir}/tsdb", f"--web.listen-address=127.0.0.1:{self.port}",
                     ).says("Server is ready", 30)
        until(lambda: self.query("chair_uptime_seconds"), "the first scrape, which Prometheus takes its time for", 60, 0.1)

    def settings(self, name, changes):
        text = (EXAMPLES / name).read_text()
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        (self.chair.dir / name).write_text(text)

    def query(self, expression):
        """{labels as sorted pairs: value} of an instant query."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=10) as answer:
            result = json.load(answer)["data"]["result"]
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in result}

    def shows(self, expression, value):
        until(lambda: list(self.query(expression).values()) == [value], f"{expression} is {value}", 20, 0.1)


@pytest.fixture(scope="module", name="metrics")
def running_metrics(module_chair):
    made = Metrics(module_chair)
    yield made
    for name in ("prometheus", "exporter"):
        module_chair.programs.pop(name).kill()  # how they end is not our business


def test_a_chair_is_seen_in_prometheus_under_its_own_name(chair, metrics):
    metrics.shows('chair_state{chair="chair-1"}', STATES.index("ready"))
    labels, = metrics.query("chair_uptime_seconds")
    assert set(dict(labels)) == {"__name__", "chair", "instance", "job"}
    until(lambda: len(metrics.query("chair_pad_celsius")) == len(PADS), "every pad", 20, 0.1)
    assert {dict(one)["pad"] for one in metrics.query("chair_pad_celsius")} == set(PADS)
    assert all(15 < value < 45 for value in metrics.query("chair_pad_celsius").values())


def test_every_metric_follows_the_chair(chair, metrics):
    chair.panel.call("session.start", program="gentle-sciatica", side="both")
    chair.wait_state("massage", deadline_s=60)
    metrics.shows("chair_state", STATES.index("massage"))
    metrics.shows("chair_seat_occupied", 1)
    metrics.shows("chair_start_possible", 0)
    metrics.shows("chair_remaining_seconds > bool 0", 1)
    metrics.shows("chair_heat_set_celsius > bool 30", 1)
    chair.panel.call("session.stop")
    metrics.shows("chair_state", STATES.index("ready"))
    metrics.shows("chair_start_possible", 1)
    seen = set(metrics.query('{job="chairs", __name__=~"chair_.*"}'))
    settings = yaml.safe_load((EXAMPLES / "fleet-exporter.yaml").read_text())
    assert {dict(one)["__name__"] for one in seen} == {one["prom_name"] for one in settings["metrics"]}
    words, = [one["string_value_mapping"]["map"] for one in settings["metrics"] if one["prom_name"] == "chair_state"]
    assert words == {word: number for number, word in enumerate(STATES)}


def test_a_fault_raises_the_alarm_and_its_end_takes_it_back(chair, metrics):
    firing = 'ALERTS{alertname="ChairFault", alertstate="firing", chair="chair-1"}'
    chair.sim.fault("estop_open")
    metrics.shows(firing, 1)
    chair.make_ready()
    until(lambda: not metrics.query(firing), "the alarm is over", 20, 0.1)


def test_alarms_come_when_they_say_and_not_before(tmp_path):
    (tmp_path / "fleet-alerts.yaml").write_text((EXAMPLES / "fleet-alerts.yaml").read_text())
    (tmp_path / "test.yaml").write_text(LOST)
    for command in (["test", "rules", "test.yaml"], ["check", "rules", "fleet-alerts.yaml"],
                    ["check", "config", "--syntax-only", str(EXAMPLES / "fleet-prometheus.yaml")]):
        run = subprocess.run(["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
