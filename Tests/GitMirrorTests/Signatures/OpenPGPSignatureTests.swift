import Foundation
import Git
import GitMirror
import GitSupport
import TestSupport
import Testing

@Suite struct OpenPGPSignatureTests {
    private func withScene(_ body: (SigningScene) async throws -> Void) async throws {
        let scene = try await SigningScene()
        do {
            try await body(scene)
        } catch {
            try await scene.end()
            throw error
        }
        try await scene.end()
    }

    private func reason(_ signature: CommitSignature) -> String {
        if case .bad(let reason) = signature { reason } else { "\(signature)" }
    }

    @Test(arguments: [("keys.gpg", false), ("keys.asc", true), ("armoured.gpg", true)])
    func `a key of the keyring is good`(name: String, isArmoured: Bool) async throws {
        try await withScene { scene in
            try await scene.makeOpenPGPKey("ann@example.org")
            try await scene.export(name, isArmoured: isArmoured)
            try await scene.commit(openPGPKey: "ann@example.org")
            for path in [scene.allowed, "\(scene.allowed)/\(name)"] {
                guard case .good(by: "Some One <ann@example.org>", _) = try await scene.verify(by: path) else {
                    Issue.record("\(try await scene.verify(by: path))")
                    continue
                }
            }
        }
    }

    @Test func `keyrings and SSH keys stand beside each other`() async throws {
        try await withScene { scene in
            for mail in ["ann@example.org", "bob@example.org"] {
                try await scene.makeOpenPGPKey(mail)
                try await scene.export("\(mail).asc", isArmoured: true, only: mail)
            }
            try scene.write("cy@example.org \(try await scene.makeSSHKey("cy"))\n", to: "allowed_signers")
            try await scene.commit(openPGPKey: "bob@example.org")
            #expect(try await scene.verify().isGood)
            try await scene.commit(sshKey: "cy")
            #expect(try await scene.verify().isGood)
        }
    }

    @Test func `a revoked key is refused`() async throws {
        try await withScene { scene in
            try await scene.makeOpenPGPKey("ann@example.org")
            try await scene.commit(openPGPKey: "ann@example.org")
            try await scene.export("keys.gpg")
            #expect(try await scene.verify().isGood)
            try await scene.revoke("ann@example.org")
            try await scene.export("keys.gpg")
            #expect(try await reason(scene.verify()) == "the key of Some One <ann@example.org> is revoked")
        }
    }

    @Test func `an expired key is refused`() async throws {
        try await withScene { scene in
            try await scene.makeOpenPGPKey("ann@example.org", expiry: "1y", at: "20200101T000000")
            try await scene.commit(openPGPKey: "ann@example.org", at: "20200601T000000")
            try await scene.export("keys.gpg")
            #expect(try await reason(scene.verify()) == "the key of Some One <ann@example.org> has expired")
        }
    }

    @Test func `a stranger's key and a changed commit are refused`() async throws {
        try await withScene { scene in
            try await scene.makeOpenPGPKey("ann@example.org")
            try await scene.export("keys.gpg")
            try await scene.makeOpenPGPKey("eve@example.org")
            try await scene.commit(openPGPKey: "eve@example.org")
            #expect(try await reason(scene.verify()).contains("is not in the keyring"))
            try await scene.commit(openPGPKey: "ann@example.org")
            let text = try await scene.fixture.git("cat-file", "commit", "HEAD").replacing("Signed", with: "Changed")
            try scene.fixture.write(text + "\n", to: "changed")
            let id = try await scene.fixture.git("hash-object", "-t", "commit", "-w", "changed")
            #expect(try await reason(scene.verify(ObjectID(id))) == "the signature does not fit the commit")
        }
    }

    @Test func `a keyring that cannot be read is an error and no verdict`() async throws {
        try await withScene { scene in
            try await scene.makeOpenPGPKey("ann@example.org")
            try await scene.commit(openPGPKey: "ann@example.org")
            try scene.write("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME", to: "keys.asc")
            await #expect(throws: SignatureError.self) { try await scene.verify() }
        }
    }
}
