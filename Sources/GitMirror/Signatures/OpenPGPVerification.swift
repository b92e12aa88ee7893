import Foundation
import Git

/// Checks a signature of an OpenPGP key by gpgv.
///
/// gpgv ends with 0 for the good signature of a revoked or an expired key too; what it thinks of the key is in its status lines alone.
/// <https://github.com/gpg/gnupg/blob/master/doc/DETAILS>
struct OpenPGPVerification {
    let desk: VerificationDesk
    let keyrings: [String]

    func verify(_ commit: SignedCommit) async throws(SignatureError) -> CommitSignature {
        var arguments = ["--homedir", desk.folder, "--status-fd", "1", "--weak-digest", "SHA1"]
        for (index, keyring) in keyrings.enumerated() {
            arguments += ["--keyring", try binary(keyring, index)]
        }
        let signature = try desk.write(commit.signature, as: "signature.asc")
        let ended = try await desk.run("gpgv", arguments + ["--", signature, "-"], input: commit.payload)
        return Self.judge(String(decoding: ended.output, as: UTF8.self), code: ended.code)
    }

    /// gpgv takes no armoured keyring.
    private func binary(_ path: String, _ index: Int) throws(SignatureError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .fileUnusable(path: path, reason: "it can't be read")
        }
        let bytes = Array(data)
        guard bytes.starts(with: Armor.begin.utf8) else { return path }
        guard let keys = Armor.decode(bytes) else {
            throw .fileUnusable(
                path: path,
                reason: "it has no whole public key block; make it with: gpg --armor --export"
            )
        }
        return try desk.write(keys, as: "keyring-\(index).gpg")
    }

    /// Reads the status lines: good is one signature, of one key that is neither revoked nor expired.
    static func judge(_ status: String, code: Int32) -> CommitSignature {
        let lines = status.split(separator: "\n").compactMap { line -> (keyword: Substring, rest: [Substring])? in
            let words = line.split(separator: " ")
            return words.count > 1 && words[0] == "[GNUPG:]" ? (words[1], Array(words.dropFirst(2))) : nil
        }
        func rest(_ keyword: Substring) -> [Substring]? { lines.first { $0.keyword == keyword }?.rest }
        func signer(_ keyword: Substring) -> String? { rest(keyword)?.dropFirst().joined(separator: " ") }
        if let signer = signer("REVKEYSIG") { return .bad(reason: "the key of \(signer) is revoked") }
        if let signer = signer("EXPKEYSIG") { return .bad(reason: "the key of \(signer) has expired") }
        if let signer = signer("EXPSIG") { return .bad(reason: "the signature of \(signer) has expired") }
        if rest("BADSIG") != nil { return .bad(reason: "the signature does not fit the commit") }
        if let id = rest("NO_PUBKEY")?.first { return .bad(reason: "its key, \(id), is not in the keyring") }
        let signatures = lines.count { $0.keyword == "NEWSIG" }
        let isRefused = lines.contains { ["ERRSIG", "NODATA", "KEYREVOKED"].contains($0.keyword) }
        guard code == 0, signatures == 1, !isRefused, let key = rest("VALIDSIG")?.first, let signer = signer("GOODSIG")
        else {
            return .bad(reason: signatures > 1 ? "it has more than one signature" : "gpgv can't make it out")
        }
        return .good(by: signer, key: String(key))
    }
}
