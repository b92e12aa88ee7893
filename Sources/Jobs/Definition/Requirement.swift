import Foundation

/// A package that pip installs: a name with extras, versions and a marker, without a URL.
///
/// A runtime holds wheels of the service's package index and nothing else. Options, URLs and paths are refused, because
/// they install from other places and can run code of a package during the installation.
///
/// Source: <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>.
public struct Requirement: Hashable, Sendable, CustomStringConvertible {
    /// The text for pip, for example `pandas==2.3.3`.
    public let description: String

    /// Parses the text of one requirement, without a comment.
    ///
    /// - Throws: ``RequirementFault`` with what to write instead.
    public init(_ text: String) throws(RequirementFault) {
        description = text.trimmingCharacters(in: .whitespaces)
        if let fault = Self.fault(of: description) { throw RequirementFault(message: fault) }
    }

    /// The longest text, in bytes.
    private static let longest = 1000

    /// Why a text is no requirement. Nil: it is one. The text of an option or a URL is not repeated: it may be a secret.
    private static func fault(of text: String) -> String? {
        guard text.utf8.count <= longest else { return "a requirement has at most \(longest) bytes" }
        if text.hasPrefix("-") {
            let option = text.prefix { $0 != " " && $0 != "=" }
            let isFile = ["-r", "--requirement", "-c", "--constraint"].contains(option)
            return isFile
                ? "\(option) is not allowed: write the lines of the other file in its place"
                : "\(option) is not allowed: write NAME==VERSION; the service chooses the index and the options of pip"
        }
        if text.contains(" --") {
            return "options after a requirement, such as --hash, are not allowed: write NAME==VERSION alone"
        }
        let name = text.prefix { !" ;[=<>~!".contains($0) }.lowercased()
        let isArchive = [".whl", ".zip", ".gz", ".tgz", ".bz2", ".xz"].contains(where: name.hasSuffix)
        if isArchive || text.hasPrefix(".") || text.contains(where: "/@\\".contains) {
            return "URLs, repositories and files are not allowed: write NAME==VERSION of a package that has a wheel"
        }
        let form =
            #/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._, -]*\]\s*)?(?:(?:[=!<>~]=|===|<|>)\s*[A-Za-z0-9.*+!_-]+\s*(?:,\s*(?:[=!<>~]=|===|<|>)\s*[A-Za-z0-9.*+!_-]+\s*)*)?(?:;[A-Za-z0-9_ .,'"<>=!~()+*-]+)?/#
        guard text.wholeMatch(of: form) != nil else {
            return "\"\(text.prefix(80))\" is no requirement: write NAME or NAME==VERSION"
        }
        return nil
    }
}

extension Requirement {
    /// The largest `requirements.txt`, in bytes.
    public static let largestFile = 64 << 10

    /// Reads a `requirements.txt`.
    ///
    /// - Throws: ``RequirementFault`` with the number of the first line that is no package.
    public static func parseFile(_ bytes: [UInt8]) throws(RequirementFault) -> [Requirement] {
        let (found, faults) = readFile(bytes)
        if let fault = faults.first { throw fault }
        return found
    }

    /// Reads a `requirements.txt` to its end.
    ///
    /// - Returns: the packages, and a fault with its number for each line that is none.
    public static func readFile(_ bytes: [UInt8]) -> (found: [Requirement], faults: [RequirementFault]) {
        guard bytes.count <= largestFile else {
            let message = "requirements.txt has more than \(largestFile >> 10) KiB: name fewer packages"
            return ([], [RequirementFault(message: message)])
        }
        let text = String(decoding: bytes, as: UTF8.self)
        var (found, faults): ([Requirement], [RequirementFault]) = ([], [])
        var (start, open) = ("", 0)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let line = String(line)
            let text = start + line.replacing(#/(^|\s)#.*/#, with: "")
            (start, open) = ("", open == 0 ? index + 1 : open)
            if text.hasSuffix("\\"), index + 1 < lines.count {
                start = text.dropLast() + ""
                continue
            }
            defer { open = 0 }
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            do throws(RequirementFault) {
                found.append(try Requirement(text))
            } catch {
                faults.append(RequirementFault(message: "requirements.txt:\(open): \(error.message)"))
            }
        }
        return (found, faults)
    }
}

/// Why a text is not installed, as a sentence that says what to write instead.
public struct RequirementFault: Error, Equatable {
    /// The sentence.
    public let message: String
}
