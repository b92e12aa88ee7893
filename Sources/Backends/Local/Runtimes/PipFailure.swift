import Foundation
import Jobs

/// What pip's own log says about a failed installation.
///
/// The important question is whether a later try can succeed. An index that can't be reached looks like a version that
/// does not exist: in both cases pip prints "No matching distribution found". Only the log has the failed requests.
struct PipFailure: Equatable {
    /// The sentence for the user, with pip's own words.
    let message: String
    /// Whether a later try may succeed.
    let mayHeal: Bool

    /// Reads the log.
    ///
    /// - Parameters:
    ///   - log: the text that pip wrote with the option `--log`.
    ///   - tensorflow: whether pip was to install TensorFlow alone, so that an index without it is not a usual one.
    init(log: String, installsTensorFlow tensorflow: Bool) {
        let lines = log.split(whereSeparator: \.isNewline).map { Self.words(of: $0) }
        let failed = lines.filter { $0.hasPrefix("Could not fetch URL ") }
        if let fetch = failed.last(where: { !$0.contains(": 404 Client Error") }) {
            self.init(message: Self.fetchFailure(fetch), mayHeal: true)
        } else if let missing = lines.last(where: { $0.contains("Could not find a version that satisfies") }) {
            self.init(missing: missing, isUnknown: !failed.isEmpty, installsTensorFlow: tensorflow)
        } else if let conflict = lines.first(where: { $0.hasPrefix("ERROR: Cannot install") }) {
            let causes = lines.drop { !$0.hasPrefix("The conflict is caused by") }.dropFirst()
                .prefix { !$0.hasPrefix("To fix this") }.map { $0.trimmingCharacters(in: .whitespaces) }
            self.init(message: ([conflict.dropFirst(7) + ""] + causes).joined(separator: " "), mayHeal: false)
        } else if let invalid = lines.last(where: { $0.contains("Invalid requirement") }) {
            self.init(message: invalid, mayHeal: false)
        } else {
            // The last line of a Python traceback names the error.
            let errors = lines.filter { $0.hasPrefix("ERROR: ") && $0 != "ERROR: Exception:" }
            self.init(message: errors.last ?? lines.last ?? "pip printed nothing", mayHeal: true)
        }
    }

    init(message: String, mayHeal: Bool) {
        let clean = message.replacing(#/:\/\/[^\/@\s]+@/#, with: "://")
        self.message = String(clean.prefix(500))
        self.mayHeal = mayHeal
    }

    private init(missing line: String, isUnknown: Bool, installsTensorFlow: Bool) {
        let parts = line.split(separator: " (from versions: ", maxSplits: 1)
        let wanted = parts[0].split(separator: "requirement ").last.map(String.init) ?? ""
        let versions = parts.count == 2 ? parts[1].prefix { $0 != ")" }.split(separator: ", ").map(String.init) : []
        let known = versions.filter { $0 != "none" && $0.allSatisfy { $0.isNumber || $0 == "." } }
        let name = wanted.prefix { !" =<>~!;(".contains($0) }
        if isUnknown, known.isEmpty {
            let advice = installsTensorFlow ? "; check PIP_INDEX_URL" : "; check the name"
            self.init(
                message: "\(Self.said(line)): the package index has no \(name)\(advice)",
                mayHeal: installsTensorFlow
            )
        } else if known.isEmpty {
            self.init(message: "\(Self.said(line)): \(name) has no wheel for this Python", mayHeal: false)
        } else {
            let version = wanted.split(separator: "==").last.map(String.init) ?? ""
            let nearest = Self.nearest(to: version, among: known).joined(separator: " and ")
            self.init(message: "\(Self.said(line)): the nearest versions are \(nearest)", mayHeal: false)
        }
    }

    /// The newest version before another one and the oldest after it.
    static func nearest(to version: String, among known: [String]) -> [String] {
        func numbers(_ text: String) -> [Int] { text.split(separator: ".").compactMap { Int($0) } }
        let wanted = numbers(version)
        let sorted = known.sorted { numbers($0).lexicographicallyPrecedes(numbers($1)) }
        let before = sorted.last { numbers($0).lexicographicallyPrecedes(wanted) }
        let after = sorted.first { wanted.lexicographicallyPrecedes(numbers($0)) }
        return [before, after].compactMap(\.self)
    }

    /// A line of pip without its list of all versions.
    private static func said(_ line: String) -> String {
        (line.hasPrefix("ERROR: ") ? line.dropFirst(7) : line[...]).split(separator: " (from versions:")[0] + ""
    }

    /// `Could not fetch URL http://…/: connection error: … [Errno 111] Connection refused')) - skipping`, with the
    /// Python objects around the cause left out.
    private static func fetchFailure(_ line: String) -> String {
        let url = line.dropFirst("Could not fetch URL ".count).prefix { $0 != " " }.drop { $0 == ":" }
        let address = url.hasSuffix(":") ? url.dropLast() : url
        let causes = [
            line.matches(of: #/\[Errno -?\d+\] [^'"()]+/#).last?.output,
            line.firstMatch(of: #/too many \d+ error responses|[45]\d\d (?:Server|Client) Error: [^:]+/#)?.output,
            line.firstMatch(of: #/[Rr]ead timed out|timed out|CERTIFICATE_VERIFY_FAILED[^'"()]*/#)?.output,
        ]
        let cause = causes.compactMap(\.self).first ?? line.split(separator: ": ").last ?? ""
        return "the package index does not answer: \(address): \(cause.replacing(" for url", with: ""))"
    }

    /// A line of the log without the time in front of it: `2026-11-30T17:43:13,229 `.
    private static func words(of line: Substring) -> String {
        String(line.replacing(#/^\d{4}-\d\d-\d\dT[\d:]+,\d+ /#, with: ""))
    }
}
