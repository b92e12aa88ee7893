import Foundation
import Git
import Jobs

/// A revision that stands for no commit, with the command that may fetch it.
struct MissingRevision: Error, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - revision: as the user wrote it.
    ///   - flag: where it was written.
    ///   - repository: where it was looked up.
    init(_ revision: String, of flag: String, in repository: Repository) async {
        let name = PlainText.line(revision)
        let command = await Self.command(for: revision, in: repository)
        let advice = command.map { "fetch it (\($0)), or name another" } ?? "name another"
        description = "\(flag) \(name) is no commit of this repository; \(advice)"
    }

    /// A command that git accepts and that makes the revision known, as far as the revision says what to fetch.
    private static func command(for revision: String, in repository: Repository) async -> String? {
        let name = String(revision.prefix { !"~^:@".contains($0) })
        let isID = (4...40).contains(name.utf8.count) && name.allSatisfy { $0.isHexDigit && $0.isASCII }
        if isID, name.utf8.count == 40 { return "git fetch origin \(name)" }
        guard !name.isEmpty, name != "HEAD", !isID, isReferenceName(name) else {
            return await repository.isShallow ? "git fetch --unshallow" : nil
        }
        for prefix in ["refs/remotes/origin/", "remotes/origin/", "origin/"] where name.hasPrefix(prefix) {
            let branch = String(name.dropFirst(prefix.count))
            return "git fetch origin \(ShellText.quoted("\(branch):refs/remotes/origin/\(branch)"))"
        }
        for prefix in ["refs/tags/", "tags/"] where name.hasPrefix(prefix) {
            let tag = "refs/tags/\(name.dropFirst(prefix.count))"
            return "git fetch origin \(ShellText.quoted("\(tag):\(tag)"))"
        }
        let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
        return "git fetch origin \(ShellText.quoted("\(branch):\(branch)"))"
    }

    /// Whether git takes a name for a reference's: <https://git-scm.com/docs/git-check-ref-format>.
    private static func isReferenceName(_ name: String) -> Bool {
        guard !name.hasPrefix("-"), !name.hasSuffix("."), !name.hasSuffix("/"), !name.contains("..") else {
            return false
        }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
        }
            && name.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !"?*[\\".unicodeScalars.contains($0)
            }
    }
}

/// Words of a shell's command.
enum ShellText {
    /// A word that a POSIX shell reads as the text, quoted only where it has to be.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-./:=@%+,".utf8.contains(byte)
                }
            }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
