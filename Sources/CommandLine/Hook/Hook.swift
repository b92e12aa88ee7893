import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin hook`: what git runs on the server when somebody pushes.
struct Hook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks a push before it lands, and says what came of it: git's hooks of the same names.",
        discussion: """
            Both read git's lines from standard input and look at the served branch alone: $TFJOB_ADMIN_BRANCH, else main.
            pre-receive takes at most 30 s, or what $TFJOB_ADMIN_CHECK_TIME says (2m), and refuses a push that it can't check
            in that time. post-receive takes at most 5 s.
            """,
        subcommands: [PreReceive.self, PostReceive.self]
    )

    /// What the whole hook may take, less what its start and end take.
    static let time = Duration.milliseconds(4_500)

    /// What git says was pushed to the served branch; nil where that branch was not pushed.
    static func update() -> ReferenceUpdate? {
        let branch =
            ProcessInfo.processInfo.environment["TFJOB_ADMIN_BRANCH"].flatMap { $0.isEmpty ? nil : $0 } ?? "main"
        var found: ReferenceUpdate?
        while let line = readLine() {
            if let update = ReferenceUpdate(line), update.name.utf8.elementsEqual("refs/heads/\(branch)".utf8) {
                found = update
            }
        }
        return found
    }
}

/// `tfjob-admin hook pre-receive`
struct PreReceive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pre-receive",
        abstract: "Refuses a push to the served branch with job files that can't be used.",
        discussion: "Only what the push changes is held against it."
    )

    private static let shown = 20
    private static let usualTime = Duration.seconds(30)

    /// How long the check may take.
    private static func time() throws -> Duration {
        guard let text = ProcessInfo.processInfo.environment["TFJOB_ADMIN_CHECK_TIME"], !text.isEmpty else {
            return usualTime
        }
        guard let timeout = Timeout(argument: text) else {
            StandardError.say("TFJOB_ADMIN_CHECK_TIME: \(PlainText.line(text)) is no time: write 30s or 2m")
            throw ExitCode.failure
        }
        return timeout.duration
    }

    func run() async throws {
        guard let update = Hook.update() else { return }
        let output = HookOutput()
        guard let new = update.new else {
            output.say("tfjob-admin: \(update.name) is deleted; the jobs go on as its last commit had them")
            return
        }
        let time = try Self.time()
        output.end(
            after: time,
            saying: """
                tfjob-admin: the push is refused: it could not be checked within \(time / .seconds(1)) s. Push fewer or smaller job \
                files at a time, or have the administrator allow more time with TFJOB_ADMIN_CHECK_TIME.
                """,
            code: 1
        )
        let result: PushCheck.Result
        do {
            result = try await PushCheck(try Repository.openFromEnvironment()).result(from: update.old, to: new)
        } catch {
            output.say(
                "tfjob-admin: the push is refused, since it could not be checked: \(error)",
                "tfjob-admin: if the push itself is right, the administrator can look at the repository with: git fsck"
            )
            throw ExitCode.failure
        }
        for issue in result.issues.prefix(Self.shown) {
            output.say("\(issue)")
        }
        if result.issues.count > Self.shown {
            output.say("… and \(result.issues.count - Self.shown) more")
        }
        if let first = result.oldFaults.first {
            output.say(
                "tfjob-admin: \(result.oldFaults.count) of the other job files can't be used, since before: \(first)"
            )
        }
        if result.hasErrors {
            output.say(
                "tfjob-admin: the push is refused: mend the files above, amend the commit, and push again.",
                "tfjob-admin: before a push, the same check is: tfjob-admin validate"
            )
            throw ExitCode.failure
        }
    }
}

/// `tfjob-admin hook post-receive`
struct PostReceive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "post-receive",
        abstract: "Waits shortly for the service and prints what became of each job.",
        discussion: """
            The service is at $TFJOB_ADMIN_SERVER, else http://127.0.0.1:8899. One on another machine is told of the push by a
            webhook where $TFJOB_ADMIN_WEBHOOK_SECRET_FILE names its secret.
            """
    )

    /// How long is waited for the service; the rest of the time is for the answer.
    private static let patience = Duration.seconds(3)

    func run() async throws {
        guard let update = Hook.update(), let new = update.new else { return }
        let output = HookOutput()
        output.end(
            after: Hook.time,
            saying: "tfjob-admin: the push has landed; the service takes long to answer",
            code: 0
        )
        do throws(ServerError) {
            let client = try ServerClient()
            if let file = ProcessInfo.processInfo.environment["TFJOB_ADMIN_WEBHOOK_SECRET_FILE"], !file.isEmpty {
                try await WebhookPoke(secretFile: file).send(to: client, commit: "\(new)")
            }
            async let kept = KeptCodeNotice(old: update.old, new: new, client: client).lines()
            await PushEffect(client, output).tell(of: new, within: Self.patience)
            for line in await kept {
                output.say(line)
            }
        } catch {
            output.say("tfjob-admin: the push has landed; \(error)")
        }
    }
}

/// One reference that a push moves, as git hands it to a hook: <https://git-scm.com/docs/githooks#pre-receive>.
struct ReferenceUpdate: Equatable {
    /// Nil where the reference is made.
    let old: ObjectID?
    /// Nil where it is deleted.
    let new: ObjectID?
    /// `refs/heads/main`, say.
    let name: String

    /// Reads a line `<old> <new> <reference>`; nil where it is none.
    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
        guard parts.count == 3, let old = ObjectID(parts[0]), let new = ObjectID(parts[1]) else { return nil }
        self.old = parts[0].allSatisfy { $0 == "0" } ? nil : old
        self.new = parts[1].allSatisfy { $0 == "0" } ? nil : new
        name = parts[2]
    }
}
