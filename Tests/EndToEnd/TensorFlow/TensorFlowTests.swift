import Foundation
import TestSupport
import Testing

/// Real trainings that are killed, stopped and resumed.
@Suite(.serialized, .timeLimit(.minutes(2 * hangLimit)))
struct TensorFlowTests {
    private static let digits = URL(fileURLWithPath: #filePath).appendingPathComponent(
        "../../../../examples/quickstart/repository/code/mnist"
    ).standardizedFileURL

    /// Starts the quickstart's training with two workers.
    private static func trainOnDigits(_ version: String) async throws -> TensorFlowScene {
        let scene = try await TensorFlowScene(version)
        let code = URL(fileURLWithPath: scene.scene.repository.clone).appendingPathComponent("code")
        for name in ["train.py", "digits.npz"] {
            try FileManager.default.copyItem(
                at: digits.appendingPathComponent(name),
                to: code.appendingPathComponent(name)
            )
        }
        try await scene.publish("train.py", ["--epochs=20"], [("worker", 2)])
        return scene
    }

    /// Waits for the end of the training and checks it as the quickstart does.
    private static func expectAccuracy(_ scene: TensorFlowScene) async throws -> JSON {
        let done = try await scene.waitForPhase("succeeded")
        let result = try JSON(Data(contentsOf: URL(fileURLWithPath: scene.output + "/model/accuracy.json")))
        #expect(try #require(result.accuracy.double) >= 0.93)
        let log = try await scene.log(of: "worker-0")
        #expect(log.contains("goes on from"))
        #expect(log.contains("epoch 20/20"))
        return done
    }

    @Test
    func `all versions run side by side with Keras models, summaries and SavedModel`() async throws {
        let scene = try await Scene()
        let runtimes = scene.folder.path("state/local/runtimes")
        try FileManager.default.createDirectory(atPath: runtimes, withIntermediateDirectories: true)
        var interpreters: [String: String] = [:]
        for version in TensorFlowScene.versions {
            let installed = URL(fileURLWithPath: try await TensorFlowScene.install(version))
            let environment = installed.deletingLastPathComponent().deletingLastPathComponent()
            // Hard links, if both folders are on one file system.
            let script = #"cp -al "$1" "$2" 2>/dev/null || cp -a "$1" "$2""#
            try await run(["sh", "-c", script, "copy", environment.path, runtimes], in: "/", within: .seconds(300))
            interpreters[version] = "\(runtimes)/\(environment.lastPathComponent)"
        }
        for name in ["state", "state/local", "state/local/runtimes"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: scene.folder.path(name))
        }
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("models.py")
        try scene.repository.write(String(contentsOf: source, encoding: .utf8), to: "code/models.py")
        for version in TensorFlowScene.versions {
            let id = "with-\(version.replacing(".", with: "-"))"
            var job = JobText()
            (job.bootfile, job.memory) = ("models.py", "4Gi")
            job.runtime = "Python_\(PythonVersion.current)+Tensorflow_\(version)"
            job.more = ["eventDir", "modelDir"].map { #""\#($0)": "\#(scene.folder.path("\(id)/\($0)"))""# }
            try scene.repository.write(job.text, to: scene.path(id))
        }
        let service = try await scene.serve()
        try await scene.repository.publish()
        for version in TensorFlowScene.versions {
            let id = "with-\(version.replacing(".", with: "-"))"
            let done = try await firstValue("\(id) ends", within: .seconds(600)) {
                try await service.job(id).flatMap { ["succeeded", "failed"].contains($0.status.phase.text) ? $0 : nil }
            }
            let path = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/\(id)/logs"
            let log = String(decoding: try await service.request(path).body, as: UTF8.self)
            #expect(done.status.phase.text == "succeeded", "\(log.suffix(2000))")
            #expect(log.hasSuffix("TensorFlow \(version) in \(interpreters[version] ?? "")\n"), "\(log.suffix(2000))")
        }
        try await scene.end(service)
    }

    @Test(arguments: TensorFlowScene.versions)
    func `a training survives a killed worker and goes on from its checkpoint`(version: String) async throws {
        let scene = try await Self.trainOnDigits(version)
        try await scene.waitForPhase("running")
        try await scene.waitForLog("epoch 3/20", of: "worker-0")
        try scene.signal("worker-1", SIGKILL)
        try await scene.waitForMessage("worker-1 was ended by signal 9, SIGKILL")
        let done = try await Self.expectAccuracy(scene)
        #expect(done.status.replicas.elements.map(\.restartCount.int) == [1, 1])
        try await scene.end()
    }

    @Test(arguments: TensorFlowScene.versions)
    func `a worker that does not run any more is named, and the training ends well`(version: String) async throws {
        let scene = try await Self.trainOnDigits(version)
        try await scene.waitForPhase("running")
        try await scene.waitForLog("epoch 3/20", of: "worker-0")
        try scene.signal("worker-1", SIGSTOP)
        try await scene.waitForMessage("worker-1 does not run")
        try await scene.waitForMessage("worker-0 (exit code 1)")
        let done = try await Self.expectAccuracy(scene)
        #expect(done.status.replicas.elements.map(\.restartCount.int) == [1, 1])
        try await scene.end()
    }

    @Test(arguments: TensorFlowScene.versions)
    func `suspend, resume and replace lose at most one step`(version: String) async throws {
        let scene = try await TensorFlowScene(version)
        try scene.addScript("preemptible.py")
        let workers = [("worker", 2)]
        try await scene.publish("preemptible.py", ["300"], workers)
        try await scene.waitForLog("step 60\n", of: "worker-0")
        try await scene.publish("preemptible.py", ["300"], workers, suspend: true)
        let suspended = try await scene.waitForPhase("suspended")
        #expect(suspended.status.replicas.elements.map(\.restartCount.int) == [0, 0])
        try await scene.publish("preemptible.py", ["300"], workers)
        try await scene.waitForLog("step 120\n", of: "worker-0")
        // More steps: another run, which goes on from the same checkpoint.
        try await scene.publish("preemptible.py", ["240"], workers)
        let done = try await scene.waitForPhase("succeeded", run: 2)
        #expect(done.status.replicas.elements.map(\.restartCount.int) == [0, 0])

        let text = try String(contentsOfFile: scene.output + "/checkpoints/steps", encoding: .utf8)
        let steps = text.split(separator: "\n").compactMap { Int($0) }
        #expect(Set(steps) == Set(1...240))
        // Each of the two stops may repeat one step.
        #expect(steps.count <= 242, "\(steps.count - 240) steps were repeated")
        try await scene.end()
    }

    @Test(arguments: TensorFlowScene.versions)
    func `parameter servers survive a killed worker, and a killed server by a restart of all`(version: String)
        async throws
    {
        let scene = try await TensorFlowScene(version)
        try scene.addScript("parameter_server.py")
        try await scene.publish("parameter_server.py", ["20"], [("chief", 1), ("worker", 2), ("ps", 1)])
        try await scene.waitForLog("epoch 3 ", of: "chief-0")
        try scene.signal("worker-1", SIGKILL)
        try await scene.waitForLog("epoch 8 ", of: "chief-0")
        let running = try #require(try await scene.service.job("train"))
        #expect(running.status.replicas.elements.map(\.restartCount.int) == [0, 0, 1, 0])
        #expect(running.status.message.text?.contains("worker-1 was ended by signal 9, SIGKILL") == true)
        try scene.signal("ps-0", SIGKILL)
        try await scene.waitForMessage("ps-0 was ended by signal 9, SIGKILL")
        let done = try await scene.waitForPhase("succeeded")
        #expect(done.status.replicas.elements.map(\.restartCount.int) == [1, 1, 2, 1])
        let log = try await scene.log(of: "chief-0")
        #expect(log.contains("goes on from epoch"))
        #expect(log.contains("the line is found"))
        try await scene.end()
    }
}
