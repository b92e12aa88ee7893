import Foundation
import Jobs

/// The next check of each run that needs one at a certain time. A run has at most one.
struct RunTimers {
    private var timers: [RunID: (date: Date, task: Task<Void, Never>)] = [:]

    /// Replaces the check of a run.
    ///
    /// - Parameters:
    ///   - date: when to check. Nil: no check is needed.
    ///   - check: called once, unless the check is replaced before.
    mutating func setCheck(of run: RunID, at date: Date?, _ check: @escaping @Sendable () async -> Void) {
        guard timers[run]?.date != date else { return }
        timers[run]?.task.cancel()
        timers[run] = date.map { date in
            let task = Task {
                // The wall clock decides, so a machine that slept meanwhile is not late.
                while case let seconds = date.timeIntervalSinceNow, seconds > 0 {
                    guard (try? await Task.sleep(for: .seconds(min(seconds, 60)))) != nil else { return }
                }
                await check()
            }
            return (date, task)
        }
    }

    /// Forgets the check of a run, for example the one that calls this.
    mutating func removeCheck(of run: RunID) {
        timers[run] = nil
    }
}
