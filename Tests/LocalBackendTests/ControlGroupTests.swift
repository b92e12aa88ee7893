import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

/// The places of control groups, and their limits on a tree of plain files: the controllers may be absent here.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ControlGroupTests {
    /// A tree in which a unit has a group of its own for the service, as systemd makes it.
    private struct FakeTree {
        let folder: TemporaryFolder

        init(controllers: String) throws {
            folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: folder.path("unit/service"),
                withIntermediateDirectories: true
            )
            try write(controllers, to: "unit/cgroup.controllers")
            try write("", to: "unit/cgroup.subtree_control")
            try write("", to: "unit/service/cgroup.procs")
        }

        func write(_ text: String, to path: String) throws {
            let url = URL(fileURLWithPath: folder.path(path))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: url)
        }

        func read(_ path: String) throws -> String {
            try String(contentsOfFile: folder.path(path), encoding: .utf8)
        }

        var tree: ControlGroups.Tree {
            ControlGroups.Tree(
                mounts: "30 25 0:26 / \(folder.url.path) rw,relatime - cgroup2 cgroup2 rw\n",
                own: "1:cpu:/other\n0::/unit/service\n"
            )
        }
    }

    private static let state = URL(fileURLWithPath: "/state/local")
    private static let files = ReplicaFolder(
        url: URL(fileURLWithPath: "/state/local/runs/default/team-a/one/1/attempt-2/worker-0")
    )

    @Test
    func `supervisors, runs and replicas have separate groups beside that of the service`() throws {
        let fake = try FakeTree(controllers: "cpuset cpu io memory pids\n")
        let groups = try #require(ControlGroups(of: Self.state, fake.tree))
        let order = groups.order(for: Self.files)
        let root = groups.root.path
        #expect(root.hasPrefix(fake.folder.path("unit/tfjob-admin-")))
        #expect(order.replica == "\(root)/runs/default+team-a+one+1/attempt-2+worker-0")
        #expect(order.supervisors == "\(root)/supervisors")
        #expect(order.service == fake.folder.path("unit/service"))
        #expect(order.hasControllers)
        #expect(try fake.read("unit/cgroup.subtree_control") == "+cpu +memory")
        #expect(!groups.canKill)
    }

    @Test(
        arguments: [("", "0::/unit/service"), ("cpu io\n", "0::/unit/service"), ("cpu memory\n", "0::/unit")]
    )
    func `without both controllers, or with the service in the group above, there are no limits`(
        controllers: String,
        own: String
    ) throws {
        let fake = try FakeTree(controllers: controllers)
        let tree = ControlGroups.Tree(mounts: fake.tree.mounts, own: own)
        #expect(try #require(ControlGroups(of: Self.state, tree)).hasControllers == false)
        #expect(try fake.read("unit/cgroup.subtree_control") == "")
    }

    @Test(arguments: [true, false])
    func `the groups get the limits of the replica, and an end by the kernel is recognised`(isKilled: Bool) async throws
    {
        let fake = try FakeTree(controllers: "cpu memory\n")
        let scene = try LocalScene()
        var settings = scene.settings
        settings.groupTree = fake.tree
        let groups = try #require(ControlGroups(of: settings.folder, fake.tree))
        let run = RunFolder(
            scene.request("one", scene.job(.exit(code: 0), [], notes: "")).id,
            in: settings.folder.appendingPathComponent("runs")
        )
        let group = String(
            groups.path(of: run.replica("worker-0", attempt: 1)).dropFirst(fake.folder.url.path.count + 1)
        )
        for name in ["memory.max", "memory.swap.max", "memory.oom.group", "cpu.max", "cgroup.procs", "memory.peak"] {
            try fake.write("", to: "\(group)/\(name)")
        }
        try fake.write("low 0\noom 0\noom_kill 0\n", to: "\(group)/memory.events")
        let root = String(groups.root.path.dropFirst(fake.folder.url.path.count + 1))
        for parent in [root, "\(root)/runs", "\(root)/runs/default+team-a+one+1"] {
            try fake.write("", to: "\(parent)/cgroup.subtree_control")
        }
        try fake.write("", to: "\(root)/supervisors/cgroup.procs")
        // The kernel would write these files when it ends the process.
        let text = """
            import os, signal, sys
            with open(sys.argv[1] + "/memory.events", "w") as events:
                events.write("low 0\\noom 1\\noom_kill %s\\n" % sys.argv[2])
            with open(sys.argv[1] + "/memory.peak", "w") as peak:
                peak.write("%d\\n" % (64 << 20))
            os.kill(os.getpid(), signal.SIGKILL)
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.script))
        var job = scene.job(.exit(code: 0), [(.worker, 1)], notes: "unused")
        job.args = [fake.folder.path(group), isKilled ? "1" : "0"]
        let request = scene.request("one", job)
        try await withBackend(scene, settings) { backend in
            #expect(backend.protections(of: "default") == [.cpuLimit, .memoryLimit])
            try await backend.start(request)
            let status = try await firstValue("it ended") {
                try await backend.observe(request.id).flatMap { $0.status.phase.isFinal ? $0.status : nil }
            }
            #expect(status.reason == (isKilled ? "OutOfMemory" : "ReplicaFailed"))
            if isKilled {
                #expect(status.message == "worker-0 ran out of memory: it used 64 MiB of its 64 MiB")
            }
        }
        #expect(try fake.read("\(group)/memory.max") == String(64 << 20))
        #expect(try fake.read("\(group)/memory.swap.max") == "0")
        #expect(try fake.read("\(group)/memory.oom.group") == "1")
        #expect(try fake.read("\(group)/cpu.max") == "10000 100000")
        #expect(try fake.read("\(group)/cgroup.procs") == "0", "the child enters the group")
        #expect(try fake.read("\(root)/supervisors/cgroup.procs") == "0", "the supervisor enters its own")
        #expect(try fake.read("unit/service/cgroup.procs") == "0", "and leaves it at the end")
        for parent in [root, "\(root)/runs", "\(root)/runs/default+team-a+one+1"] {
            #expect(try fake.read("\(parent)/cgroup.subtree_control") == "+cpu +memory")
        }
    }

    @Test
    func `a supervisor runs the launch record of an earlier version in its flat group`() async throws {
        let scene = try LocalScene()
        let folder = scene.folder.path("attempt-1/worker-0")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let groups = ControlGroups(of: scene.folder.url)
        let group = groups.map { $0.root.appendingPathComponent("flat+worker-0").path }
        let log = scene.folder.path("log")
        let words = [
            "2", log, "", "0", scene.folder.path("notice"), scene.folder.url.path, "1000", "1", group ?? "", "3",
            "/bin/sh",
            "-c", "cat /proc/self/cgroup; exit 7", "A=b",
        ]
        try Data(words.flatMap { Array($0.utf8) + [0] }).write(to: URL(fileURLWithPath: "\(folder)/launch"))
        try await run([scene.settings.supervisor, "supervise", folder], in: "/")
        let exit = try JSON(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/exit.json")))
        #expect(exit.code.int == 7)
        if let group, let root = groups?.root {
            #expect(
                try String(contentsOfFile: log, encoding: .utf8).contains("\(root.lastPathComponent)/flat+worker-0")
            )
            #expect(!FileManager.default.fileExists(atPath: group))
            #expect(!FileManager.default.fileExists(atPath: root.path))
        }
    }
}
