import ArgumentParser
import Dispatch
import Foundation
import Git
import Jobs
import Synchronization

/// `tfjob-admin hook`: the hooks that git runs on the server at a push.
struct Hook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks a push before it lands, and says what came of it: git's hooks of the same names.",
        discussion: """
            Both read git's lines from standard input and look at the served branch alone: $TFJOB_ADMIN_BRANCH, else \(ServiceDefaults.branch).
            pre-receive takes at most \(PreReceive.usualTime.components.seconds) s, or what $TFJOB_ADMIN_CHECK_TIME says (2m), and refuses a push that it can't check
            in that time. post-receive takes at most 5 s.
            """,
        subcommands: [PreReceive.self, PostReceive.self]
    )

    /// The time limit of `post-receive`, without the time that the process needs to start and end.
    static let time = Duration.milliseconds(4_500)

    /// Reads the lines that git passes to a hook. Returns the update of the served branch, or nil if the push does not
    /// change it.
    static func readUpdate() -> ReferenceUpdate? {
        let branch =
            ProcessInfo.processInfo.environment["TFJOB_ADMIN_BRANCH"].flatMap { $0.isEmpty ? nil : $0 }
            ?? ServiceDefaults.branch
        var found: ReferenceUpdate?
        while let line = readLine() {
            if let update = ReferenceUpdate(line), update.name.utf8.elementsEqual("refs/heads/\(branch)".utf8) {
                found = update
            }
        }
        return found
    }
}

/// The update of one reference by a push, as git reports it to a hook: <https://git-scm.com/docs/githooks#pre-receive>.
struct ReferenceUpdate: Equatable {
    /// Nil if the push creates the reference.
    let old: ObjectID?
    /// Nil if the push deletes the reference.
    let new: ObjectID?
    /// The full name, for example `refs/heads/main`.
    let name: String

    /// Parses a line `<old> <new> <reference>`. Returns nil for other text.
    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard parts.count == 3, let old = ObjectID(parts[0]), let new = ObjectID(parts[1]) else { return nil }
        self.old = parts[0].allSatisfy { $0 == "0" } ? nil : old
        self.new = parts[1].allSatisfy { $0 == "0" } ? nil : new
        name = parts[2]
    }
}

/// The output of a hook and its time limit, because the client of the push waits for the hook.
///
/// Git shows each line as `remote: …`.
final class HookOutput: Sendable {
    private let hasEnded = Mutex(false)

    /// Prints lines unless the time limit is over. Control characters are escaped.
    func writeLines(_ lines: String...) { writeLines(lines) }

    /// Prints lines unless the time limit is over. Control characters are escaped.
    func writeLines(_ lines: [String]) {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            Self.write(lines)
        }
    }

    /// Ends the process after a time, even during a call into a library, which can't be cancelled.
    ///
    /// - Parameters:
    ///   - time: the time from now.
    ///   - line: the message to print at the end.
    ///   - code: the exit code.
    func endProcess(after time: Duration, saying line: String, code: Int32) {
        // This is not a task, because the check may keep all threads of the tasks busy.
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
