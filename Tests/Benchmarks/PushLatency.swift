import Foundation
import TestSupport

/// Times pushes, each of which adds a job and removes the one before.
///
/// Time runs from the moment at which the branch's reference was written in the bare repository, to the moment at which the
/// run's folder was written (the first thing that a call to the local backend does), and to the first answer of the REST
/// view, asked without a pause, that has the job `running`.
struct PushLatency {
    let folder: TemporaryFolder
    let repository: JobsRepository
    let service: ServiceProcess

    /// One push, in milliseconds.
    struct Sample {
        let call: Double
        let running: Double
    }

    func measure(_ count: Int) async throws -> [Sample] {
        var samples: [Sample] = []
        for number in 1...count {
            samples.append(try await push(number))
        }
        return samples
    }

    private func push(_ number: Int) async throws -> Sample {
        let id = "job-\(number)"
        try repository.write(JobText().text, to: path(id))
        if number > 1 {
            try repository.remove(path("job-\(number - 1)"))
        }
        try await repository.publish("Push \(number)")
        let running = try await firstValue("\(id) runs") {
            try await service.job(id)?.status.phase.text == "running" ? Date() : nil
        }
        let pushed = try written(repository.bare + "/refs/heads/main")
        let called = try written(folder.path("state/local/runs/default/team-a/\(id)/1/run.json"))
        return Sample(
            call: called.timeIntervalSince(pushed) * 1000,
            running: running.timeIntervalSince(pushed) * 1000
        )
    }

    private func path(_ id: String) -> String { "clusters/default/partitions/team-a/\(id).json" }

    private func written(_ path: String) throws -> Date {
        let values = try URL(fileURLWithPath: path).resourceValues(forKeys: [.contentModificationDateKey])
        guard let date = values.contentModificationDate else { throw CocoaError(.fileReadUnknown) }
        return date
    }
}
