import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport

/// A repository whose commits are signed by keys of the test's own.
struct SigningScene: Sendable {
    let fixture: Fixture
    /// The folder of the keys that may sign.
    let allowed: String

    init() async throws {
        fixture = try await Fixture()
        allowed = fixture.folder.path("allowed")
        for folder in [allowed, gpgHome] {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
    }

    private var gpgHome: String { fixture.folder.path("gnupg") }

    /// Checks the newest commit, or another.
    func verify(_ id: ObjectID? = nil, by path: String? = nil) async throws -> CommitSignature {
        let commit = if let id { id } else { try await fixture.id("HEAD") }
        return try await CommitVerifier(allowedSigners: path ?? allowed).verify(commit, in: try fixture.open())
    }

    /// Writes a file into the folder of the keys that may sign.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(allowed)/\(name)"))
    }

    // MARK: SSH

    /// Makes an SSH key.
    ///
    /// - Returns: its public half, type and base64.
    func makeSSHKey(_ name: String, type: String = "ed25519") async throws -> String {
        try await SSHServer.makeKey(fixture.folder.path(name), type: type)
        let text = try String(contentsOfFile: fixture.folder.path("\(name).pub"), encoding: .utf8)
        return text.split(separator: " ").prefix(2).joined(separator: " ")
    }

    /// Commits, signed with an SSH key.
    func commit(sshKey name: String, date: String = "2024-06-01T12:00:00Z") async throws {
        try await fixture.git(
            ["-c", "gpg.format=ssh", "-c", "user.signingKey=\(fixture.folder.path(name))"]
                + ["commit", "--quiet", "--allow-empty", "--gpg-sign", "-m", "Signed"],
            environment: ["GIT_COMMITTER_DATE": date]
        )
    }

    // MARK: OpenPGP

    /// Makes an OpenPGP key.
    ///
    /// - Parameters:
    ///   - mail: names it.
    ///   - expiry: `never`, `1y`, …
    ///   - time: the time that gpg shall take for now, `20200101T000000` say.
    func makeOpenPGPKey(_ mail: String, expiry: String = "never", at time: String? = nil) async throws {
        try await gpg(
            ["--passphrase", "", "--quick-generate-key", "Some One <\(mail)>", "ed25519", "sign", expiry],
            at: time
        )
    }

    /// Commits, signed with an OpenPGP key.
    func commit(openPGPKey mail: String, at time: String? = nil) async throws {
        let program = fixture.folder.path("gpg.sh")
        let clock = time.map { "--faked-system-time \($0)" } ?? ""
        try Data("#!/bin/sh\nexec gpg --homedir '\(gpgHome)' --batch \(clock) \"$@\"\n".utf8)
            .write(to: URL(fileURLWithPath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        try await fixture.git(
            "-c",
            "gpg.program=\(program)",
            "-c",
            "user.signingKey=<\(mail)>",
            "commit",
            "--quiet",
            "--allow-empty",
            "--gpg-sign",
            "-m",
            "Signed"
        )
    }

    /// Revokes an OpenPGP key by the certificate that gpg has made beside it.
    func revoke(_ mail: String) async throws {
        let listing = try await gpg(["--with-colons", "--list-keys", "<\(mail)>"])
        let fingerprint = listing.split(separator: "\n").first { $0.hasPrefix("fpr") }?.split(separator: ":").last ?? ""
        let path = "\(gpgHome)/openpgp-revocs.d/\(fingerprint).rev"
        let certificate = try String(contentsOfFile: path, encoding: .utf8).replacing("\n:-----", with: "\n-----")
        try Data(certificate.utf8).write(to: URL(fileURLWithPath: path))
        try await gpg(["--import", path])
    }

    /// Writes all public keys, or one, to a file of the keys that may sign.
    func export(_ name: String, isArmoured: Bool = false, only mail: String? = nil) async throws {
        let form = isArmoured ? ["--armor"] : []
        try await gpg(
            form + ["--yes", "--output", "\(allowed)/\(name)", "--export"] + (mail.map { ["<\($0)>"] } ?? [])
        )
    }

    @discardableResult
    private func gpg(_ arguments: [String], at time: String? = nil) async throws -> String {
        let clock = time.map { ["--faked-system-time", $0] } ?? []
        return try await run(
            ["gpg", "--homedir", gpgHome, "--batch", "--quiet"] + clock + arguments,
            in: fixture.folder.url.path
        )
    }

    /// Ends gpg's agent, which would outlive the test.
    func end() async throws {
        try await run(["gpgconf", "--homedir", gpgHome, "--kill", "gpg-agent"], in: fixture.folder.url.path)
    }
}
