import Foundation
import Jobs

/// What `validate` found, written for people, programs or a forge.
struct ValidationReport {
    private let files: CheckedFiles
    private let issues: [Issue]
    private let usesColour: Bool

    init(files: CheckedFiles, usesColour: Bool) {
        self.files = files
        self.usesColour = usesColour
        issues = files.notable.flatMap(\.issues)
    }

    /// Whether a file can't be applied.
    var hasErrors: Bool { issues.contains { $0.severity == .error } }

    func text(_ format: ValidationFormat) throws -> String {
        switch format {
        case .text: plainText
        case .json: try json
        case .github: issues.map(GitHubAnnotation.text).joined()
        }
    }

    private var plainText: String {
        var text = ""
        for file in files.notable {
            let source = file.issues.isEmpty ? nil : file.bytes.map(SourceText.init)
            for issue in file.issues {
                text += IssueText(issue, usesColour: usesColour).headline + "\n"
                if let source {
                    text += SourceExcerpt(source, of: issue).text
                }
            }
        }
        let errors = issues.count { $0.severity == .error }
        let warnings = issues.count - errors
        return text + "\(count(files.count, "file")): \(count(errors, "error")), \(count(warnings, "warning"))\n"
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)" + (number == 1 ? "" : "s")
    }

    private struct Document: Encodable {
        let files: Int
        let issues: [Issue]
    }

    private var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let data = try encoder.encode(Document(files: files.count, issues: issues))
            return String(decoding: data, as: UTF8.self) + "\n"
        }
    }
}

/// An issue as a line of a terminal.
struct IssueText {
    private let issue: Issue
    private let usesColour: Bool

    init(_ issue: Issue, usesColour: Bool) {
        self.issue = issue
        self.usesColour = usesColour
    }

    /// `file:line:column: error: message (pointer)`.
    var headline: String {
        guard usesColour else { return issue.description }
        let colour = issue.severity == .error ? Colour.red : .yellow
        return issue.text(severity: colour.text)
    }
}
