import Jobs
import Synchronization

/// Logs in memory, of jobs of every name: run 1 and run 3, with what a test lets them print.
final class ScriptedLogs: LogSource {
    private struct State {
        var fault: BackendError?
        var opened: [(run: RunID, replica: String, extent: LogExtent)] = []
        var readers = 0
    }

    private let state = Mutex(State())
    private let replicas: [String]
    private let runs: [Int]

    init(replicas: [String] = ["ps-0", "worker-0", "worker-1"], runs: [Int] = [1, 3]) {
        self.replicas = replicas
        self.runs = runs
    }

    /// Which logs were opened so far.
    var opened: [String] {
        state.withLock {
            $0.opened.map { "\($0.run.number) \($0.replica) \($0.extent.tail ?? -1) \($0.extent.isFollowed)" }
        }
    }

    /// How many followed logs are being read.
    var readers: Int { state.withLock { $0.readers } }

    func fail(with fault: BackendError?) {
        state.withLock { $0.fault = fault }
    }

    func loggedRuns(of job: JobKey) async throws(BackendError) -> [LoggedRun] {
        if let fault = state.withLock({ $0.fault }) { throw fault }
        return job.id == "absent" ? [] : runs.map { LoggedRun(number: $0, replicas: replicas) }
    }

    func log(of run: RunID, replica: String, _ extent: LogExtent) async throws(BackendError) -> OpenLog? {
        state.withLock { $0.opened.append((run, replica, extent)) }
        let text = Array("\(run.key) \(run.number) \(replica)\n".utf8)
        let bytes = LogStream { continuation in
            continuation.yield(text)
            guard extent.isFollowed else {
                continuation.finish()
                return
            }
            state.withLock { $0.readers += 1 }
            continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.readers -= 1 } }
        }
        return OpenLog(bytes, start: 1000)
    }
}
