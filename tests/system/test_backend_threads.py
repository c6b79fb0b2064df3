"""The backend's threads, where only its name is known, as in a pod that shares its processes."""

import uuid

from processes import Program, until


def test_a_backend_is_found_by_its_name_though_it_starts_later_and_again(sweetspot, tmp_path):
    name = "b" + uuid.uuid4().hex[:12]
    (tmp_path / name).symlink_to(sweetspot.folder / "sweetspot-load")
    with sweetspot.sidecar("127.0.0.1:1", "--backend.process", name) as sidecar:
        def threads():
            return sweetspot.status(sidecar.ready["control"])["backend_threads"]
        assert threads() == 0
        for _ in range(2):
            with Program([tmp_path / name, "backend", "--listen", "127.0.0.1:0"], ready="^ready "):
                until(lambda: threads() > 0, what="the backend's threads")
            until(lambda: threads() == 0, what="the backend's end")
