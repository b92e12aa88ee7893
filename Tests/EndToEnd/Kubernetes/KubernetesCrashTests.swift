import Foundation
import KubernetesSupport
import TestSupport
import Testing

/// The service is killed at random moments of random pushes to two Kubernetes clusters.
@Suite(.serialized)
struct KubernetesCrashTests {
    /// What the files say: by cluster and id, the mark that the run's script notes its start with.
    private struct Model {
        var jobs: [String: [String: String]] = ["one": [:], "two": [:]]
        private var last = 0

        /// One change of one file.
        mutating func change(_ pair: ClusterPair, _ random: inout SeededGenerator) throws {
            let cluster = ["one", "two"].randomElement(using: &random) ?? "one"
            let id = ["a", "b", "c", "d"].randomElement(using: &random) ?? "a"
            if jobs[cluster]?[id] != nil, Int.random(in: 0..<3, using: &random) == 0 {
                jobs[cluster]?[id] = nil
                try pair.scene.repository.remove(pair.path(cluster, id))
            } else {
                last += 1
                let mark = "\(cluster)-\(id)-\(last)"
                jobs[cluster]?[id] = mark
                try pair.write(cluster, id, "run", mark)
            }
        }

        /// What is to be alive in the end.
        var marks: Set<String> { Set(jobs.values.flatMap(\.values).map { "run \($0)" }) }
    }

    @Test(.timeLimit(.minutes(60)))
    func `after kills at any moment each job of the tree has one run on its cluster, and no run began twice`()
        async throws
    {
        print("seed \(SeededGenerator.seed)")
        try await ClusterPair.serving { pair in
            var random = SeededGenerator(seed: SeededGenerator.seed)
            var model = Model()
            var service = try await pair.serve()
            for _ in sweep(4, full: 200) {
                for _ in 0..<Int.random(in: 1...3, using: &random) { try model.change(pair, &random) }
                try await pair.scene.repository.publish("Change jobs\n\nPrune: approve")
                // The moment is what is random here.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...700, using: &random)))
                try await service.crash()
                service = try await pair.serve()
            }
            let wanted = model.marks
            try await eventually("what is alive is what the tree says (\(service.log))", within: .seconds(180)) {
                let alive = try pair.scene.starts().filter(\.isAlive).map(\.args)
                return Set(alive) == wanted && alive.count == wanted.count
            }
            for (cluster, jobs) in model.jobs {
                for id in jobs.keys { try await pair.job(cluster, id, of: service, reaches: "running") }
            }
            let starts = Dictionary(grouping: try pair.scene.starts()) { $0.args }
            #expect(starts.filter { $0.value.count > 1 }.keys.sorted() == [], "a run that began twice")
            #expect(
                await pair.one.objects("tfjobs.kubeflow.org").compactMap(\.metadata.name.text)
                    == model.jobs["one"]?.keys.sorted()
            )
            #expect(await pair.two.objects("jobs.batch").count == model.jobs["two"]?.count)
            try await pair.end(service)
        }
    }
}
