import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

/// A local backend whose pip uses a package index of the test.
struct InstallationScene {
    let scene: LocalScene
    let index: PackageIndex
    var settings: LocalSettings

    /// - Parameter variables: more variables of the service.
    init(
        _ packages: [PackageIndex.Package],
        mode: PackageIndex.Mode = .works,
        variables: [String: String] = [:]
    ) async throws {
        scene = try LocalScene()
        index = try await PackageIndex(packages, mode: mode)
        settings = scene.settings
        // The service hands its variables on. Those of the test's process are those of all tests.
        let program = scene.folder.path("tfjob-admin")
        let all = index.variables.merging(variables) { $1 }.map { "export \($0.key)='\($0.value)'" }.sorted()
        let script = "#!/bin/sh\n\(all.joined(separator: "\n"))\nexec '\(BuiltExecutable.path)' \"$@\"\n"
        try Data(script.utf8).write(to: URL(fileURLWithPath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        settings.supervisor = settings.executable
        settings.executable = program
        settings.healingPauses = RetryPauses(first: .seconds(2), longest: .seconds(3))
    }

    var runtimes: URL { settings.folder.appendingPathComponent("runtimes") }

    /// A job that prints its interpreter and its packages.
    func job(tensorflow: String?) throws -> Job {
        let text = """
            import importlib.metadata, sys
            print(sys.executable)
            print(sorted(d.metadata["Name"] + "==" + d.version for d in importlib.metadata.distributions()))
            """
        var job = try scene.job(running: text)
        job.runtime = Runtime(python: PythonVersion.current, tensorflow: tensorflow)
        return job
    }

    /// A request of a partition, with code in a relative working directory.
    ///
    /// - Parameter requirements: the text of its `requirements.txt`. Nil: there is none.
    func request(_ id: String, _ job: Job, partition: String = "team-a", requirements: String? = nil) throws
        -> RunRequest
    {
        let code = scene.folder.path("code-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
        if let requirements {
            try Data(requirements.utf8).write(to: URL(fileURLWithPath: "\(code)/requirements.txt"))
        }
        var job = job
        job.workdir = "code"
        return RunRequest(
            id: RunID(key: JobKey(cluster: "default", partition: partition, id: id), number: 1),
            job: job,
            commit: String(repeating: "a", count: 40),
            codeFolder: code
        )
    }

    /// Starts a run and waits for its end.
    ///
    /// - Returns: the lines that it printed.
    func run(_ request: RunRequest, on backend: LocalBackend) async throws -> [String] {
        try await backend.start(request)
        let status = try await firstValue("\(request.id) ends", within: .seconds(400)) {
            try await backend.observe(request.id).flatMap { $0.status.phase.isFinal ? $0.status : nil }
        }
        #expect(status.phase == .succeeded, "\(status.message)")
        return try await log(of: request.id, on: backend).split(separator: "\n").map(String.init)
    }

    /// What `logs` shows of the run's worker.
    func log(of id: RunID, on backend: LocalBackend, isFollowed: Bool = false) async throws -> String {
        let extent = LogExtent(tail: nil, isFollowed: isFollowed)
        guard let stream = try await backend.log(of: id, replica: "worker-0", extent) else { return "" }
        var bytes: [UInt8] = []
        for try await piece in stream {
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for a message of the run.
    @discardableResult
    func message(of id: RunID, on backend: LocalBackend, contains text: String) async throws -> String {
        try await firstValue("the message contains \"\(text)\"", within: .seconds(400)) {
            let status = try await backend.observe(id)?.status
            guard let status, status.phase == .preparing, status.message.contains(text) else { return nil }
            return status.message
        }
    }
}
