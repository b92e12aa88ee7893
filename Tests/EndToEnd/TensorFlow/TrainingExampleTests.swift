import Foundation
import TestSupport
import Testing

/// The scripts of `examples/training` in real trainings that are stopped, resumed and killed.
@Suite(.serialized, .timeLimit(.minutes(2 * hangLimit)))
struct TrainingExampleTests {
    /// An example that a service runs as the job `train`.
    private struct Example {
        let scene: TensorFlowScene
        private let text: String

        /// Starts a service and puts the script into the repository.
        ///
        /// - Parameter args: the arguments in place of those of the job file.
        init(_ name: String, _ version: String, args: [String]) async throws {
            let folder = URL(fileURLWithPath: #filePath).appendingPathComponent(
                "../../../../examples/training/\(name)"
            ).standardizedFileURL
            scene = try await TensorFlowScene(version)
            let script = try String(contentsOf: folder.appendingPathComponent("train.py"), encoding: .utf8)
            try scene.scene.repository.write(script, to: "training/\(name)/train.py")
            let list = "[\(args.map { "\"\($0)\"" }.joined(separator: ", "))]"
            var text = try String(contentsOf: folder.appendingPathComponent("job.json"), encoding: .utf8)
            text.replace(/"args": \[.*\]/, with: "\"args\": \(list)")
            text.replace("/data/\(name)", with: scene.output)
            text.replace("Python_3.11+Tensorflow_2.21.0", with: "Python_\(PythonVersion.current)+Tensorflow_\(version)")
            self.text = text
        }

        func publish(suspend: Bool = false) async throws {
            let policy = "\"runPolicy\": {\"suspend\": \(suspend)},\n  \"replicas\""
            try scene.scene.repository.write(
                text.replacing("\"replicas\"", with: policy),
                to: scene.scene.path("train")
            )
            try await scene.scene.repository.publish()
        }

        /// Waits until the job shows at least this many steps.
        @discardableResult
        func waitForStep(_ step: Int) async throws -> JSON {
            try await firstValue("step \(step) is done", within: .seconds(180)) {
                guard let job = try await scene.service.job("train") else { return nil }
                return job.status.progress.step.int ?? 0 >= step ? job : nil
            }
        }

        /// The numbers that follow a text in the log of a replica, in order.
        func numbers(after text: String, of replica: String) async throws -> [Int] {
            try await scene.log(of: replica).split(separator: "\n").compactMap { line in
                line.hasPrefix(text) ? Int(line.dropFirst(text.count).prefix { $0.isNumber }) : nil
            }
        }
    }

    @Test(arguments: TensorFlowScene.versions)
    func `a loop of its own loses no step at a stop, and those since the last save at a kill`(version: String)
        async throws
    {
        let example = try await Example("mirrored", version, args: ["--steps=400", "--save-every=20", "--pause=0.05"])
        let scene = example.scene
        try await example.publish()
        let running = try await example.waitForStep(40)
        #expect(running.status.progress.of.int == 400)
        try await example.publish(suspend: true)
        try await scene.waitForPhase("suspended")
        try await scene.waitForLog("saved at step ", of: "worker-0")
        try await scene.waitForLog("saved at step ", of: "worker-1")
        let saved = try #require(try await example.numbers(after: "saved at step ", of: "worker-0").last)
        #expect(try await example.numbers(after: "saved at step ", of: "worker-1") == [saved])
        try await eventually("the last step is shown") {
            try await scene.service.job("train")?.status.progress.step.int == saved
        }
        try await example.publish()
        let resumed = try await example.waitForStep(saved + 60)
        #expect(try #require(resumed.status.progress.rate.double) > 0)
        #expect(try #require(resumed.status.progress.secondsLeft.int) > 0)
        try scene.signal("worker-1", SIGKILL)
        let done = try await scene.waitForPhase("succeeded")
        #expect(done.status.progress.step.int == 400)
        #expect(done.status.replicas.elements.map(\.restartCount.int) == [1, 1])
        let steps = try await example.numbers(after: "step ", of: "worker-0")
        #expect(Set(steps) == Set(1...400))
        // The stop repeats no step, and the kill at most those since the last save.
        #expect(steps.count <= 420, "\(steps.count - 400) steps were repeated")
        #expect(try await example.numbers(after: "begins after step ", of: "worker-0").prefix(2) == [0, saved])
        try await scene.end()
    }

    @Test(arguments: TensorFlowScene.versions)
    func `Keras goes on with the epoch that a stop or a kill interrupted`(version: String) async throws {
        let example = try await Example("keras", version, args: ["--epochs=16", "--pause=0.3"])
        let scene = example.scene
        try await example.publish()
        try await scene.waitForLog("epoch 4 ", of: "worker-0")
        try await example.publish(suspend: true)
        try await scene.waitForPhase("suspended")
        let before = try await example.numbers(after: "epoch ", of: "worker-0")
        try await example.publish()
        try await scene.waitForLog("epoch \(before.count + 2) ", of: "worker-0")
        try scene.signal("worker-1", SIGKILL)
        let done = try await scene.waitForPhase("succeeded")
        #expect(done.status.progress.step.int == done.status.progress.of.int)
        let epochs = try await example.numbers(after: "epoch ", of: "worker-0")
        #expect(before == Array(1...before.count))
        #expect(Set(epochs) == Set(1...16))
        #expect(epochs.count <= 17, "\(epochs) has more than the epoch that the kill interrupted")
        #expect(try await scene.log(of: "worker-0").contains("the model is trained"))
        try await scene.end()
    }

    @Test(arguments: TensorFlowScene.versions)
    func `parameter servers lose no step at a stop, and a round at a kill`(version: String) async throws {
        let example = try await Example("parameter-server", version, args: ["--rounds=30", "--pause=0.2"])
        let scene = example.scene
        try await example.publish()
        try await scene.waitForLog("round 5 ", of: "chief-0")
        try await example.publish(suspend: true)
        try await scene.waitForPhase("suspended")
        try await scene.waitForLog("saved at step ", of: "chief-0")
        let saved = try #require(try await example.numbers(after: "saved at step ", of: "chief-0").last)
        try await example.publish()
        try await scene.waitForLog("round \(saved / 20 + 3) ", of: "chief-0")
        try scene.signal("ps-0", SIGKILL)
        let done = try await scene.waitForPhase("succeeded")
        #expect(done.status.progress.step.int == 600)
        let rounds = try await example.numbers(after: "round ", of: "chief-0")
        #expect(Set(rounds) == Set(1...30))
        #expect(rounds.count <= 31, "\(rounds.count - 30) rounds were repeated")
        #expect(try await example.numbers(after: "begins after round ", of: "chief-0").prefix(2) == [0, saved / 20])
        try await scene.end()
    }
}
