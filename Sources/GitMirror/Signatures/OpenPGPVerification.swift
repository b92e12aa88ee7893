import Foundation
import Git

/// Checks an OpenPGP signature by gpgv.
///
/// gpgv exits with 0 also for a good signature of a revoked or expired key. Only its status lines tell the key's state.
/// <https://github.com/gpg/gnupg/blob/master/doc/DETAILS>
struct OpenPGPVerification {
    let desk: VerificationDesk
    let keyrings: [String]

    func verify(_ commit: SignedCommit) async throws(SignatureError) -> CommitSignature {
        var arguments = ["--homedir", desk.folder, "--status-fd", "1", "--weak-digest", "SHA1"]
        for (index, keyring) in keyrings.enumerated() {
            arguments += ["--keyring", try binary(keyring, index)]
        }
        let signature = try desk.writeFile(commit.signature, as: "signature.asc")
        let ended = try await desk.runProgram("gpgv", arguments + ["--", signature, "-"], input: commit.payload)
        return Self.judgeStatus(String(decoding: ended.output, as: UTF8.self), code: ended.code)
    }

    /// Converts an armoured keyring, which gpgv can't read, to a binary one. Returns its path.
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
        return try desk.writeFile(keys, as: "keyring-\(index).gpg")
    }

    /// Interprets the status lines: good is exactly one signature of a key that is neither revoked nor expired.
    static func judgeStatus(_ status: String, code: Int32) -> CommitSignature {
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

/// Decodes the armoured form of OpenPGP keys.
///
/// <https://www.rfc-editor.org/rfc/rfc9580#name-forming-ascii-armor>
enum Armor {
    static let begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
    private static let end = "-----END PGP PUBLIC KEY BLOCK-----"

    /// The bytes of all blocks of a text; nil if a block is incomplete or there is none.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var block: String?
        var isHeader = false
        let lines = String(decoding: text, as: UTF8.self).split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) {
            switch (line, block) {
            case (begin, nil):
                block = ""
                isHeader = true
            case (end, let base64?):
                guard let data = Data(base64Encoded: base64), !data.isEmpty else { return nil }
                bytes += data
                block = nil
            case (_, let base64?):
                if isHeader {
                    // Headers, for example `Version: …`, end with an empty line.
                    isHeader = !line.isEmpty
                } else if !line.hasPrefix("=") {
                    block = base64 + line
                }
            case (_, nil):
                break
            }
        }
        return block == nil && !bytes.isEmpty ? bytes : nil
    }
}
