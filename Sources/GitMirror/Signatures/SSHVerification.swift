import Foundation
import Git

/// Checks an SSH signature like git, and then once more for the current time.
///
/// Git checks a key's validity only at the committer's time, which the holder of an expired key can choose.
///
/// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-gpgsshallowedSignersFile>
struct SSHVerification {
    let desk: VerificationDesk
    /// The file of allowed keys.
    let signers: String
    /// The file of revoked keys.
    let revoked: String?

    func verify(_ commit: SignedCommit) async throws(SignatureError) -> CommitSignature {
        let signature = try desk.writeFile(commit.signature, as: "signature")
        if let time = commit.time {
            let then = try await verify(commit, signature, at: time)
            guard then.isGood else { return then }
        }
        return try await verify(commit, signature, at: nil)
    }

    /// Checks the signature by the keys that are valid at a time. Nil: now.
    private func verify(
        _ commit: SignedCommit,
        _ signature: String,
        at date: Date?
    ) async throws(SignatureError) -> CommitSignature {
        let time = date.map { ["-Overify-time=\(Self.localTime($0))"] } ?? []
        let found = try await keygen(["find-principals", "-f", signers, "-s", signature] + time)
        let principals = found.code == 0 ? Self.lines(found.output) : []
        for principal in principals {
            let arguments = ["verify", "-n", "git", "-f", signers, "-I", principal, "-s", signature] + time
            let ended = try await keygen(arguments + (revoked.map { ["-r", $0] } ?? []), commit.payload)
            if let key = Self.goodKey(ended) { return .good(by: principal, key: key) }
            guard let revoked, let key = Self.goodKey(try await keygen(arguments, commit.payload)) else { continue }
            return .bad(reason: "its key, \(key), is revoked by \(revoked)")
        }
        return .bad(
            reason: try await reason(
                signature,
                commit,
                found.complaint,
                isKnown: !principals.isEmpty,
                isNow: date == nil
            )
        )
    }

    /// Explains why no allowed key fits.
    private func reason(
        _ signature: String,
        _ commit: SignedCommit,
        _ complaint: String,
        isKnown: Bool,
        isNow: Bool
    ) async throws(SignatureError) -> String {
        let plain = try await keygen(["check-novalidate", "-n", "git", "-s", signature], commit.payload)
        guard let key = Self.goodKey(plain) else { return "the signature does not fit the commit" }
        if complaint.contains("key has expired") {
            return isNow
                ? "its key, \(key), has expired in \(signers); sign it with a key that is valid now"
                : "its key, \(key), had expired in \(signers) by then"
        }
        if complaint.contains("key is not yet valid") {
            return "its key, \(key), \(isNow ? "is" : "was") not yet valid in \(signers)" + (isNow ? "" : " then")
        }
        return isKnown
            ? "its key, \(key), may not sign for git in \(signers)" : "its key, \(key), is not in \(signers)"
    }

    private func keygen(
        _ arguments: [String],
        _ input: [UInt8] = []
    ) async throws(SignatureError) -> ChildProgram.Ended {
        try await desk.runProgram("ssh-keygen", ["-Y"] + arguments, input: input)
    }

    /// The key in `Good "git" signature for ann@example.org with ED25519 key SHA256:…`; nil for a bad signature.
    private static func goodKey(_ ended: ChildProgram.Ended) -> String? {
        guard ended.code == 0, let line = lines(ended.output).first, line.hasPrefix("Good \"git\" signature ") else {
            return nil
        }
        return line.range(of: " with ", options: .backwards).map { String(line[$0.upperBound...]) }
    }

    private static func lines(_ output: [UInt8]) -> [String] {
        String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Formats a time in this machine's time zone, as ssh-keygen expects.
    private static func localTime(_ time: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: time)
        func digits(_ number: Int?, _ count: Int) -> String {
            let text = "\(number ?? 0)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.year, 4)
            + [parts.month, parts.day, parts.hour, parts.minute, parts.second].map { digits($0, 2) }.joined()
    }
}
