import Foundation
import TestSupport
import Testing

/// Random signals to replicas, supervisors and the service, and random pushes.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct ChaosTests {
    @Test
    func `every run ends as the model says, and nothing is left`() async throws {
        let isFull = sweep(0, full: 1).count == 1
        let (count, duration) = isFull ? (200, Duration.seconds(600)) : (20, .seconds(30))
        print("chaos: seed \(SeededGenerator.seed), TEST_SEED repeats it")
        var chaos = try await ChaosScene(jobs: count, seed: SeededGenerator.seed)
        try await eventually("the jobs have started") { try chaos.victims().count > count }
        let descriptors = try Self.descriptors(chaos.service)
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            try await chaos.act()
            // The pace of the chaos, not a wait for something.
            try await Task.sleep(for: .milliseconds(300))
        }
        try await chaos.finish()
        print(
            "chaos: \(chaos.diary.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))"
        )

        // The longest pause before a restart is 5.5 min.
        try await eventually("all jobs have ended", within: .seconds(isFull ? 900 : 120)) {
            try await chaos.service.jobs().allSatisfy { ["succeeded", "failed"].contains($0.status.phase.text) }
        }
        for job in chaos.jobs {
            try await Self.check(job, on: chaos.service)
        }
        try await eventually("no process is left") { try chaos.scene.leftovers().isEmpty }
        try await eventually("no descriptor is left") { try Self.descriptors(chaos.service) <= descriptors + 5 }
        #expect(try Self.controlGroups(chaos.scene).isEmpty)
        let service = chaos.service
        try await chaos.scene.end(service)
        // The lock of the state folder is free.
        let next = try await chaos.scene.serve()
        try await next.stop()
    }

    /// Compares the end of a job with the model.
    private static func check(_ job: ChaosJob, on service: ServiceProcess) async throws {
        let shown = try #require(try await service.job(job.id))
        let run = try #require(shown.status.run.int)
        let (outcomes, restarts) = job.allowed(run: run)
        let end = shown.status.phase.text == "succeeded" ? "succeeded" : shown.status.reason.text ?? ""
        let outcome = try #require(ChaosJob.Outcome(rawValue: end), "\(job.id): \(shown.status)")
        #expect(outcomes.contains(outcome), "\(job): \(shown.status)")
        let most = shown.status.replicas.elements.compactMap(\.restartCount.int).max() ?? 0
        #expect(most <= restarts.upperBound, "\(job): \(shown.status)")
        if job.shape.map(\.count).reduce(0, +) == 1 {
            #expect(most >= restarts.lowerBound, "\(job): \(shown.status)")
        }
        if outcome != .succeeded {
            #expect(shown.status.message.text?.isEmpty == false, "\(job): \(shown.status)")
        }
    }

    private static func descriptors(_ service: ServiceProcess) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.pid)/fd").count
    }

    /// The control groups whose name has the folder of the scene's runs.
    private static func controlGroups(_ scene: Scene) throws -> [String] {
        let name = "default+team-a+job-"
        let folders = FileManager.default.enumerator(atPath: "/sys/fs/cgroup")
        return (folders?.compactMap { $0 as? String } ?? []).filter { path in
            guard path.contains(name) else { return false }
            let processes = try? String(contentsOfFile: "/sys/fs/cgroup/\(path)/cgroup.procs", encoding: .utf8)
            return processes?.isEmpty == false
        }
    }
}
