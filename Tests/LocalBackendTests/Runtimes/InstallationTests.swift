import Foundation
import Jobs
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import LocalBackend

/// Installations by pip from a package index of the test.
@Suite(.timeLimit(.minutes(hangLimit)))
struct InstallationTests {
    @Test
    func `a runtime holds tf_keras and tensorboard, and tensorflow-cpu alone`() async throws {
        let scene = try await InstallationScene(PackageIndex.tensorFlow("2.21.0"))
        try await withBackend(scene.scene, scene.settings) { backend in
            let lines = try await scene.run(try scene.request("one", scene.job(tensorflow: "2.21")), on: backend)
            #expect(lines.first?.hasPrefix(scene.runtimes.path) == true)
            for package in ["tensorflow-cpu==2.21.0", "tf-keras==2.21.0", "tensorboard==2.21.0", "numpy==2.3.5"] {
                #expect(lines.last?.contains("'\(package)'") == true, "\(package)")
            }
            #expect(lines.last?.contains("'tensorflow==") == false)
            #expect(!scene.index.requests.contains { $0.hasPrefix("/wheels/tensorflow-") })
        }
    }

    @Test
    func `packages of the configuration and a requirements.txt are installed, each partition for itself`() async throws
    {
        var scene = try await InstallationScene([
            .init("six", "1.16.0"), .init("six", "1.17.0"), .init("attrs", "25.4.0"),
        ])
        scene.settings.packages = [try Requirement("attrs")]
        let job = try scene.job(tensorflow: nil)
        try await withBackend(scene.scene, scene.settings) { [scene] backend in
            let plain = try await scene.run(try scene.request("plain", job), on: backend)
            #expect(plain.last?.contains("'attrs==25.4.0'") == true && plain.last?.contains("six") == false)
            // All at once: different runtimes are made at the same time.
            async let first = scene.run(scene.request("one", job, requirements: "six==1.16.0"), on: backend)
            async let second = scene.run(
                scene.request("two", job, partition: "team-b", requirements: "six==1.16.0 # the same"),
                on: backend
            )
            async let third = scene.run(scene.request("three", job, requirements: "six<2\n"), on: backend)
            let (one, two, three) = try await (first, second, third)
            #expect(Set([plain[0], one[0], two[0], three[0]]).count == 4)
            #expect(one.last?.contains("'six==1.16.0'") == true && two.last == one.last)
            #expect(three.last?.contains("'six==1.17.0'") == true && three.last?.contains("attrs") == true)
            let requests = scene.index.requests.count
            let again = try await scene.run(scene.request("again", job, requirements: "six==1.16.0"), on: backend)
            #expect(again[0] == one[0] && scene.index.requests.count == requests)
        }
    }

    @Test(arguments: [
        (PackageIndex.Mode.unavailable, "too many 503 error responses"), (.silent, "Read timed out"),
        (.cutsWheels, "is invalid"),
        (.empty, "the package index has no tensorflow-cpu"),
    ])
    func `a run waits for an index that is away, and its log shows the tries`(
        mode: PackageIndex.Mode,
        cause: String
    ) async throws {
        let scene = try await InstallationScene(PackageIndex.tensorFlow("2.15.1"), mode: mode)
        let request = try scene.request("one", scene.job(tensorflow: "2.15.1"))
        try await withBackend(scene.scene, scene.settings) { backend in
            try await backend.start(request)
            let message = try await scene.message(of: request.id, on: backend, contains: "the next try is at 20")
            #expect(message.contains("Tensorflow_2.15.1 could not be installed: "), "\(message)")
            #expect(message.contains(cause), "\(message)")
            #expect(try await scene.log(of: request.id, on: backend).contains("Looking in indexes: http://127.0.0.1"))
            // Two failures in a row: the second message tells of the first.
            try await scene.message(of: request.id, on: backend, contains: "again")
            async let followed = scene.log(of: request.id, on: backend, isFollowed: true)
            try scene.index.setMode(.works)
            let lines = try await scene.run(request, on: backend)
            #expect(lines.last?.contains("'tensorflow-cpu==2.15.1'") == true)
            #expect(try await backend.observe(request.id)?.status.message == "")
            // Who follows sees the installation so far and then the run.
            let all = try await followed
            #expect(all.contains("Looking in indexes") && all.hasSuffix(lines.joined(separator: "\n") + "\n"))
        }
    }

    @Test
    func `a version that does not exist is refused with the nearest one`() async throws {
        let scene = try await InstallationScene(PackageIndex.tensorFlow("2.21.0"))
        let request = try scene.request("one", scene.job(tensorflow: "2.21.9"))
        try await withBackend(scene.scene, scene.settings) { backend in
            try await backend.start(request)
            try await eventually("the run is withdrawn", within: .seconds(400)) {
                try await backend.observe(request.id) == nil
            }
            let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
            let message = error?.message ?? ""
            #expect(message.contains("could not be installed: Could not find a version that satisfies"), "\(message)")
            #expect(message.hasSuffix("tensorflow-cpu==2.21.9: the nearest versions are 2.21.0"), "\(message)")
        }
    }

    @Test
    func `a pair without a wheel, a bad line and an unknown package are refused`() async throws {
        let scene = try await InstallationScene([])
        let job = try scene.job(tensorflow: nil)
        try await withBackend(scene.scene, scene.settings) { backend in
            var old = job
            old.runtime = Runtime(python: "3.12", tensorflow: "2.10.0")
            let rows = [
                (try scene.request("old", old), "TensorFlow 2.10.0 has no wheel for Python 3.12"),
                (
                    try scene.request("line", job, requirements: "six\n-r x"),
                    "code/requirements.txt:2: -r is not allowed"
                ),
                (try scene.request("big", job, requirements: .init(repeating: "#", count: 70_000)), "more than 64 KiB"),
            ]
            for (request, text) in rows {
                let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
                #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
            }
            let link = try scene.request("link", job)
            try FileManager.default.createSymbolicLink(
                atPath: (link.codeFolder ?? "") + "/requirements.txt",
                withDestinationPath: "/etc/passwd"
            )
            let error = await #expect(throws: BackendError.self) { try await backend.start(link) }
            #expect(error?.message.contains("write a regular file and no link") == true)
            let unknown = try scene.request("unknown", job, requirements: "panda2")
            try await backend.start(unknown)
            try await eventually("the run is withdrawn", within: .seconds(400)) {
                try await backend.observe(unknown.id) == nil
            }
            let refusal = await #expect(throws: BackendError.self) { try await backend.start(unknown) }
            #expect(refusal?.message.contains("the package index has no panda2; check the name") == true)
        }
        // Where nothing is installed, nothing is refused for what can't be.
        var settings = scene.settings
        settings.provisionsRuntimes = false
        settings.interpreters = ["3.12": PythonVersion.path]
        try await withBackend(scene.scene, settings) { backend in
            var old = job
            old.runtime = Runtime(python: "3.12", tensorflow: "2.10.0")
            let lines = try await scene.run(try scene.request("other", old, requirements: "-r x"), on: backend)
            #expect(lines.first?.hasPrefix(scene.runtimes.path) == false)
        }
    }

    @Test
    func `an installation that is killed is started again, and no process of it is left`() async throws {
        let scene = try await InstallationScene(
            PackageIndex.tensorFlow("2.15.1"),
            mode: .silent,
            variables: ["PIP_TIMEOUT": "600"]
        )
        let request = try scene.request("one", scene.job(tensorflow: "2.15.1"))
        let name = RuntimeSpec(Runtime(python: PythonVersion.current, tensorflow: "2.15.1")).name
        let log = scene.runtimes.appendingPathComponent("\(name)/pip.log").path
        try await withBackend(scene.scene, scene.settings) { backend in
            try await backend.start(request)
            try await eventually("pip asks the index", within: .seconds(400)) { !scene.index.requests.isEmpty }
            let pip = try #require(ProcessTable.processes(with: "PIP_LOG", in: [log]).first)
            // The parent, so that pip is on its own.
            let parent = try #require(ProcessStat.of(pip)?.parent)
            kill(parent, SIGKILL)
            try await scene.message(of: request.id, on: backend, contains: "was ended")
            try scene.index.setMode(.works)
            let lines = try await scene.run(request, on: backend)
            #expect(lines.last?.contains("'tensorflow-cpu==2.15.1'") == true)
            #expect(ProcessStat.of(pip)?.hasEnded ?? true)
        }
    }

    @Test
    func `several services make an environment once, and nobody uses it before it can be imported`() async throws {
        let scene = try await InstallationScene(PackageIndex.tensorFlow("2.15.1"))
        try OwnFolder.make(scene.runtimes.path)
        let arguments = [
            "provision", "--python", PythonVersion.path, "--runtime",
            "Python_\(PythonVersion.current)+Tensorflow_2.15.1", scene.runtimes.path,
        ]
        let results = try await withThrowingTaskGroup(of: Tool.Result.self) {
            [variables = scene.index.variables] group in
            for _ in 0..<3 {
                group.addTask {
                    try await Tool.run(
                        arguments,
                        in: FileManager.default.temporaryDirectory.path,
                        environment: variables
                    )
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.map(\.code) == [0, 0, 0])
        #expect(Set(results.map(\.text)).count == 1)
        #expect(scene.index.requests.count { $0.hasPrefix("/wheels/tensorflow_cpu-2.15.1") } == 1)

        let broken = try await InstallationScene([
            .init("tensorflow_cpu", "2.15.1", code: "raise ImportError('libcudart is missing')")
        ])
        let result = try await Tool.run(
            arguments.dropLast() + [broken.scene.folder.url.path],
            in: FileManager.default.temporaryDirectory.path,
            environment: broken.index.variables
        )
        #expect(result.code == 1)
        #expect(result.text.contains("was installed and does not work: ImportError: libcudart is missing"), "\(result)")
    }

    @Test
    func `an environment is read-only, and a restart keeps its interpreter when the packages change`() async throws {
        var scene = try await InstallationScene([.init("six", "1.17.0"), .init("attrs", "25.4.0")])
        scene.settings.packages = [try Requirement("six")]
        var job = try scene.job(tensorflow: nil)
        job.args = []
        try Data("import sys, time\nprint(sys.executable, flush=True)\ntime.sleep(600)\n".utf8)
            .write(to: URL(fileURLWithPath: scene.scene.script))
        let request = try scene.request("one", job)
        let first = try await scene.scene.open(scene.settings)
        let life = Task { try await first.run() }
        try await first.start(request)
        let path = try await firstValue("it prints its interpreter", within: .seconds(400)) { [scene] in
            let log = try await scene.log(of: request.id, on: first)
            return log.hasPrefix(scene.runtimes.path) ? log : nil
        }
        life.cancel()
        _ = try await life.value
        let folder = URL(fileURLWithPath: path.trimmingCharacters(in: .newlines)).deletingLastPathComponent()
            .deletingLastPathComponent()
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let owner = try FileOwnership(of: "\(folder.path)/\(name)", followsLinks: false)
            let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder.path)/\(name)")) != nil
            #expect(isLink || owner.mode.isDisjoint(with: [.ownerWrite, .groupWrite, .otherWrite]), "\(name)")
        }
        scene.settings.packages = [try Requirement("attrs")]
        try await withBackend(scene.scene, scene.settings) { [scene] backend in
            try await backend.stop(request.id)
            try await backend.start(request)
            try await eventually("it runs again") {
                try await scene.log(of: request.id, on: backend) == path + path
            }
        }
    }
}
