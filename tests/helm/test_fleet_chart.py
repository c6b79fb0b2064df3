"""The chart's part in the fleet: rights by name, and a token for the sidecar alone."""

import pytest

from chart import Refused


def test_the_rights_name_one_lease_and_one_workload(helm):
    made = helm.render(values={"fleet": {"enabled": True}})
    rules = made.one("Role")["rules"]
    assert rules == [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["demo-sweetspot"],
         "verbs": ["get", "watch", "update"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["demo-sweetspot-example"], "verbs": ["get"]}]
    assert made.one("Lease")["metadata"]["name"] == "demo-sweetspot"
    assert made.one("RoleBinding")["subjects"] == [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}]


def test_the_sidecar_is_told_and_it_alone_gets_a_token(helm):
    made = helm.render(values={"fleet": {"enabled": True}})
    assert made.config()["fleet"] == {"lease": "demo-sweetspot", "workload": "deployment/demo-sweetspot-example"}
    spec = made.one("Deployment")["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    mounts = {c["name"]: [m["name"] for m in c.get("volumeMounts", [])] for c in spec["containers"] + spec["initContainers"]}
    assert "sweetspot-token" in mounts.pop("sweetspot")
    assert all("sweetspot-token" not in names for names in mounts.values())


def test_other_keys_of_the_fleet_are_the_configurations(helm):
    made = helm.render(values={"fleet": {"enabled": True, "workload": "statefulset/db"}, "config": {"fleet": {"term": "1m"}}})
    assert made.config()["fleet"] == {"lease": "demo-sweetspot", "workload": "statefulset/db", "term": "1m"}
    assert made.one("Role")["rules"][1]["resources"] == ["statefulsets"]


def test_without_it_there_is_no_right_and_no_token(helm):
    made = helm.render()
    assert not made.of("Role") and not made.of("Lease")
    assert "sweetspot-token" not in str(made)


@pytest.mark.parametrize("values", [{"fleet": {"enabled": True, "workload": "pod/x"}},
                                    {"config": {"fleet": {"lease": "mine"}}}])
def test_what_cannot_be_is_refused(helm, values):
    with pytest.raises(Refused, match="schema"):
        helm.render(values=values)
