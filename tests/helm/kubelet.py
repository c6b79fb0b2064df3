"""Starts and ends a rendered pod with real processes, in the order in which a kubelet does it.

What it replays (pkg/kubelet/kuberuntime/kuberuntime_container.go of Kubernetes 1.29 and later): init containers
that restart start one after the other, each when its startup probe succeeds, then the other containers. At the
end the preStop hooks of all containers run at once; a container gets its SIGTERM after its own hook, but
an init container that restarts only after the ordinary containers have ended; and after the grace
period whatever is left is killed.
"""

import http.client
import os
import pathlib
import subprocess
import threading
import time

from processes import Failed, Program, free_port, until


def ask(probe, port_of, programs, environment):
    """Whether a probe, or a hook, succeeds."""
    if "exec" in probe:
        return subprocess.run(programs(probe["exec"]["command"]), capture_output=True, timeout=60,
                              env={**os.environ, **environment}).returncode == 0
    if "sleep" in probe:
        time.sleep(probe["sleep"]["seconds"])
        return True
    connection = http.client.HTTPConnection("127.0.0.1", port_of(probe["httpGet"]["port"]), timeout=60)
    try:
        connection.request("GET", probe["httpGet"]["path"])
        return 200 <= connection.getresponse().status < 400
    except OSError:
        return False
    finally:
        connection.close()


class Pod:
    """A pod of a rendered Deployment. Its ports are whatever the template says, so render each with its own.
    `secrets` has the files of each Secret that it mounts."""

    def __init__(self, spec, config, folder, binaries, secrets):
        self.spec, self.folder, self.binaries = spec, folder, binaries
        folder.mkdir()
        self.update(config)
        (folder / "sidecar.yaml").symlink_to("..data/sidecar.yaml")
        for container in spec["containers"] + spec.get("initContainers", []):
            for mount in container.get("volumeMounts", []):
                volume = next(v for v in spec["volumes"] if v["name"] == mount["name"])
                if "secret" in volume:
                    self._mount(pathlib.Path(self._outside(mount["mountPath"])), secrets[volume["secret"]["secretName"]])
        self.containers, self.events = {}, []
        for container in spec.get("initContainers", []):
            assert container["restartPolicy"] == "Always"
            self._start(container)
            self._until_started(container)
        for container in spec["containers"]:
            self._start(container)
        for container in spec["containers"]:
            self._until_started(container)

    def update(self, config):
        """Puts another ConfigMap in the place of the one that is mounted, by the swap of a link."""
        version = f"..{time.monotonic_ns()}"
        (self.folder / version).mkdir()
        (self.folder / version / "sidecar.yaml").write_text(self._outside(config))
        (self.folder / "..new").symlink_to(version)
        (self.folder / "..new").rename(self.folder / "..data")

    def _outside(self, text):
        """The pod's paths, as they are outside of it."""
        return text.replace("/etc/sweetspot", str(self.folder)).replace("/var/lib/sweetspot", str(self.folder))

    def _programs(self, argv):
        return [str(self.binaries / a.rsplit("/", 1)[1]) if a.startswith("/usr/bin/") else self._outside(a) for a in argv]

    def _environment(self, container):
        return {e["name"]: self._outside(e["value"]) for e in container.get("env", [])}

    @staticmethod
    def _mount(folder, files):
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_text(content)

    def _start(self, container):
        argv = container.get("command", ["/usr/bin/sweetspot"]) + container.get("args", [])
        self.containers[container["name"]] = Program(self._programs(argv), env=self._environment(container))

    def _until_started(self, container):
        probe = container.get("startupProbe")
        if probe:
            until(lambda: self._ask(container, probe), what=f"the start of {container['name']}")

    def _ask(self, container, probe):
        return ask(probe, int, self._programs, self._environment(container))

    def is_ready(self):
        return all(self._ask(c, c["readinessProbe"]) for c in self.spec["containers"] + self.spec.get("initContainers", [])
                   if "readinessProbe" in c)

    def end(self):
        """Returns the exit codes by container. self.events has what happened, in order."""
        grace = self.spec["terminationGracePeriodSeconds"]
        deadline = time.monotonic() + grace
        main = [c["name"] for c in self.spec["containers"]]
        sidecars = [c["name"] for c in self.spec.get("initContainers", [])]
        ended = {name: threading.Event() for name in main}
        codes, faults = {}, []

        def end_one(container):
            name = container["name"]
            hook = container.get("lifecycle", {}).get("preStop")
            if hook:
                self.events.append(f"hook of {name} " + ("done" if self._ask(container, hook) else "FAILED"))
            if name in sidecars:
                for event in ended.values():
                    event.wait(max(0, deadline - time.monotonic()))
            self.events.append(f"SIGTERM to {name}")
            program = self.containers[name]
            program.process.terminate()
            try:
                codes[name] = program.wait(max(2, deadline - time.monotonic()))
            except Failed:
                faults.append(f"{name} was killed")
                program.process.kill()
                codes[name] = program.wait()
            if name in ended:
                ended[name].set()

        threads = [threading.Thread(target=end_one, args=(c,))
                   for c in self.spec["containers"] + self.spec.get("initContainers", [])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.events += faults
        return codes

    def kill(self):
        for program in self.containers.values():
            program.stop()


def four_ports():
    return [free_port() for _ in range(4)]
