import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport
import Testing

@Suite struct SSHSignatureTests {
    private func reason(_ signature: CommitSignature) -> String {
        if case .bad(let reason) = signature { reason } else { "\(signature)" }
    }

    @Test(arguments: ["ed25519", "rsa", "ecdsa"])
    func `an allowed key is good by its principal`(type: String) async throws {
        let scene = try await SigningScene()
        let key = try await scene.makeSSHKey("ann", type: type)
        try scene.write("# who may\nbob@example.org,ann@example.org namespaces=\"git\" \(key)\n", to: "allowed_signers")
        try await scene.commit(sshKey: "ann")
        // A folder, the file in it, and a relative path.
        for path in [scene.allowed, "\(scene.allowed)/allowed_signers", MirrorScene.relative(scene.allowed)] {
            guard case .good(by: "bob@example.org", let shown) = try await scene.verify(by: path) else {
                Issue.record("\(try await scene.verify(by: path))")
                continue
            }
            #expect(shown.contains("SHA256:"))
        }
    }

    @Test func `an unsigned commit is unsigned`() async throws {
        let scene = try await SigningScene()
        try scene.write("ann@example.org \(try await scene.makeSSHKey("ann"))\n", to: "allowed_signers")
        try await scene.fixture.commit()
        #expect(try await scene.verify() == .unsigned)
    }

    @Test func `a stranger's key is not in`() async throws {
        let scene = try await SigningScene()
        try scene.write("ann@example.org \(try await scene.makeSSHKey("ann"))\n", to: "allowed_signers")
        _ = try await scene.makeSSHKey("eve")
        try await scene.commit(sshKey: "eve")
        let reason = reason(try await scene.verify())
        #expect(reason.contains("SHA256:"))
        #expect(reason.hasSuffix("is not in \(scene.allowed)/allowed_signers"))
    }

    @Test func `a revoked key is refused`() async throws {
        let scene = try await SigningScene()
        let key = try await scene.makeSSHKey("ann")
        try scene.write("ann@example.org \(key)\n", to: "allowed_signers")
        try await scene.commit(sshKey: "ann")
        #expect(try await scene.verify().isGood)
        try scene.write("\(key)\n", to: "revoked_keys")
        #expect(reason(try await scene.verify()).contains("is revoked by"))
    }

    @Test(arguments: [
        ("valid-before=\"20240601\"", "had expired"), ("valid-after=\"20240602\"", "was not yet valid"),
        ("namespaces=\"file\"", "may not sign for git"),
    ])
    func `a key that may not sign then or this is refused`(option: String, expected: String) async throws {
        let scene = try await SigningScene()
        let key = try await scene.makeSSHKey("ann")
        try scene.write("ann@example.org \(option) \(key)\n", to: "allowed_signers")
        try await scene.commit(sshKey: "ann")
        #expect(reason(try await scene.verify()).contains(expected))
    }

    @Test func `a key that has expired since is refused though git takes it`() async throws {
        let scene = try await SigningScene()
        let key = try await scene.makeSSHKey("ann")
        try scene.write("ann@example.org valid-before=\"20240602\" \(key)\n", to: "allowed_signers")
        try await scene.commit(sshKey: "ann")
        #expect(reason(try await scene.verify()).contains("has expired"))
        let configuration = ["-c", "gpg.format=ssh"]
        let signers = ["-c", "gpg.ssh.allowedSignersFile=\(scene.allowed)/allowed_signers"]
        try await scene.fixture.git(configuration + signers + ["verify-commit", "HEAD"])
    }

    /// Each line of the commit but the signature itself, changed.
    @Test(arguments: ["tree", "parent", "author", "committer", "Signed"])
    func `a changed commit is refused`(line: String) async throws {
        let scene = try await SigningScene()
        try scene.write("ann@example.org \(try await scene.makeSSHKey("ann"))\n", to: "allowed_signers")
        try scene.fixture.write("1", to: "file")
        let parent = try await scene.fixture.commit()
        try await scene.commit(sshKey: "ann")
        let empty = try await scene.fixture.git("hash-object", "-t", "tree", "-w", "/dev/null")
        let tree = try await scene.fixture.git("rev-parse", "HEAD^{tree}")
        let grandparent = try await scene.fixture.git("commit-tree", "-m", "other", empty)
        let text = try await scene.fixture.git("cat-file", "commit", "HEAD")
        let changed = text.split(separator: "\n", omittingEmptySubsequences: false).map { old -> String in
            guard old.hasPrefix(line) else { return String(old) }
            return String(old).replacing("tree \(tree)", with: "tree \(empty)").replacing(
                "\(parent)",
                with: grandparent
            )
            .replacing("example", with: "exanple").replacing("Signed", with: "Sighed")
        }
        try scene.fixture.write(changed.joined(separator: "\n") + "\n", to: "changed")
        let id = try await scene.fixture.git("hash-object", "-t", "commit", "-w", "changed")
        #expect(reason(try await scene.verify(ObjectID(id))) == "the signature does not fit the commit")
    }

    @Test func `files that are missing are errors and not verdicts`() async throws {
        let scene = try await SigningScene()
        _ = try await scene.makeSSHKey("ann")
        try await scene.commit(sshKey: "ann")
        await #expect(throws: SignatureError.self) { try await scene.verify(by: "/nowhere") }
        // The folder is empty.
        await #expect(throws: SignatureError.self) { try await scene.verify() }
    }

    @Test func `a signature of another kind is refused`() async throws {
        let scene = try await SigningScene()
        try scene.write("ann@example.org \(try await scene.makeSSHKey("ann"))\n", to: "allowed_signers")
        try await scene.commit(sshKey: "ann")
        let text = try await scene.fixture.git("cat-file", "commit", "HEAD").replacing(
            "SSH SIGNATURE",
            with: "SIGNED MESSAGE"
        )
        try scene.fixture.write(text + "\n", to: "changed")
        let id = try await scene.fixture.git("hash-object", "-t", "commit", "-w", "changed")
        #expect(reason(try await scene.verify(ObjectID(id))).contains("neither"))
    }
}
