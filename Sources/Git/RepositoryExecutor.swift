import Dispatch

/// Runs one repository's calls one after the other, on a thread that may block: never on Swift's cooperative pool.
final class RepositoryExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "tfjob-admin.git")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
    }
}
