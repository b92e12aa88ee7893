import Dispatch
import Foundation
import Jobs
import Synchronization

/// What a hook prints, and the end of its time: whoever pushes waits for it.
///
/// Git shows each line as `remote: …`.
final class HookOutput: Sendable {
    private let hasEnded = Mutex(false)

    /// Prints lines, unless the hook's time is over. Control characters in them are escaped.
    func say(_ lines: String...) { say(lines) }

    /// Prints lines, unless the hook's time is over. Control characters in them are escaped.
    func say(_ lines: [String]) {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            Self.write(lines)
        }
    }

    /// Ends the process after a time, whatever it is doing then: a call into a library can't be told to stop.
    ///
    /// - Parameters:
    ///   - time: from now.
    ///   - line: what to say then.
    ///   - code: the exit code.
    func end(after time: Duration, saying line: String, code: Int32) {
        // Not a task: what takes long may keep all of the tasks' threads busy.
        DispatchQueue(label: "hook.end").asyncAfter(deadline: .now() + time / .seconds(1)) {
            self.hasEnded.withLock { hasEnded in
                hasEnded = true
                Self.write([line])
                exit(code)
            }
        }
    }

    private static func write(_ lines: [String]) {
        try? FileHandle.standardError.write(contentsOf: Data(lines.map { PlainText.line($0) + "\n" }.joined().utf8))
    }
}
