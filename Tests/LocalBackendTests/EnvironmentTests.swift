import Foundation
import Jobs
import TestSupport
import Testing

@testable import LocalBackend

/// The variables of a run are those that the README lists.
@Suite(.timeLimit(.minutes(hangLimit)))
struct EnvironmentTests {
    /// The names in the first column of the README's table.
    private static func documented() throws -> Set<String> {
        let readme = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../README.md").standardizedFileURL
        let text = try String(contentsOf: readme, encoding: .utf8)
        let section = try #require(text.split(separator: "### The environment of a run\n").dropFirst().first)
        let table = section.prefix(upTo: try #require(section.range(of: "\n## ")).lowerBound)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| `") }
        return Set(rows.flatMap { $0.dropFirst().prefix { $0 != "|" }.matches(of: #/`([^`]+)`/#).map { String($0.1) } })
    }

    /// Runs a script that prints the variables that its process started with.
    private static func variables(_ scene: LocalScene, change: (inout Job) -> Void) async throws -> [String: String] {
        let text = """
            import json
            with open("/proc/self/environ", "rb") as file:
                print(json.dumps(dict(line.decode().split("=", 1) for line in file.read().split(b"\\0") if line)))
            """
        var job = try scene.job(running: text)
        change(&job)
        let request = scene.request("one", job)
        var output = ""
        try await withBackend(scene) { backend in
            try await backend.start(request)
            try await eventually("it ended") { try await backend.observe(request.id)?.status.phase == .succeeded }
            output = try String(
                contentsOfFile: scene.folder.path("local/runs/default/team-a/one/1/worker-0.log"),
                encoding: .utf8
            )
        }
        return try JSONDecoder().decode([String: String].self, from: Data(output.utf8))
    }

    @Test
    func `a run has the documented variables and no others`() async throws {
        let documented = try Self.documented()
        #expect(documented.count > 30)
        let scene = try LocalScene()
        let variables = try await Self.variables(scene) { job in
            job.replicas[0].count = 2
            (job.checkpointDir, job.eventDir) = (scene.folder.path("checkpoints"), scene.folder.path("events"))
            (job.modelDir, job.logDir) = (scene.folder.path("model"), scene.folder.path("logs"))
            job.environment = ["OWN": "1"]
        }
        let names = Set(variables.keys.map { $0.hasPrefix("LC_") ? "LC_*" : $0 })
        #expect(names.subtracting(["OWN"]).subtracting(documented) == [])
        // Those that this machine or this interpreter does not have.
        let service = Set(ProcessInfo.processInfo.environment.keys)
        let absent = documented.subtracting(names).subtracting(["VIRTUAL_ENV", "LC_*"])
        #expect(absent.intersection(service) == [])
        #expect(
            !absent.contains { $0.hasPrefix("TF") || $0.hasPrefix("PYTHON") || $0.hasSuffix("_THREADS") },
            "\(absent)"
        )
    }

    @Test(arguments: [(100, "1"), (0, "1"), (1000, "1"), (1001, "2"), (7500, "8")])
    func `threads and visible GPUs follow the resources`(millicores: Int, threads: String) async throws {
        let resources = Resources(
            cpu: CPUQuantity(millicores: millicores),
            memory: MemoryQuantity(bytes: 0, text: "0"),
            gpu: millicores == 1000 ? 1 : 0
        )
        let variables = BaseEnvironment.limits(resources)
        let names = ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]
        #expect(names.map { variables[$0] } == [threads, threads, threads])
        #expect(variables["CUDA_VISIBLE_DEVICES"] == (resources.gpu == 0 ? "" : nil))
    }

    @Test
    func `the environment of a job wins over the resources`() async throws {
        let own = ["OMP_NUM_THREADS": "7", "CUDA_VISIBLE_DEVICES": "3"]
        let variables = try await Self.variables(try LocalScene()) { job in
            job.environment = own
        }
        #expect(variables["OMP_NUM_THREADS"] == "7" && variables["CUDA_VISIBLE_DEVICES"] == "3")
        #expect(variables["TF_NUM_INTRAOP_THREADS"] == "1")
    }
}
