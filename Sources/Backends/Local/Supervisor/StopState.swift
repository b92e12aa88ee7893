import Glibc
import Synchronization

/// Whether a supervisor was told to stop, and whom to: the request may come before there is a process.
final class StopState: Sendable {
    private struct State {
        var isRequested = false
        var pid: pid_t?
    }

    private let state = Mutex(State())

    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Notes the process.
    ///
    /// - Returns: whether it is to be stopped at once.
    func began(_ pid: pid_t) -> Bool {
        state.withLock { state in
            state.pid = pid
            return state.isRequested
        }
    }

    /// Notes the request.
    ///
    /// - Returns: the process, where there is one already.
    func request() -> pid_t? {
        state.withLock { state in
            state.isRequested = true
            return state.pid
        }
    }
}
