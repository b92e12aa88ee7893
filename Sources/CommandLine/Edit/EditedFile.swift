import Foundation
import Git
import JobFile
import Jobs

/// The file of a job in a work tree.
struct EditedFile {
    private let key: JobKey
    private let tree: WorkTree
    private var url: URL { URL(fileURLWithPath: tree.path).appendingPathComponent(key.path) }

    /// - Throws: ``CommandError`` if there is no work tree, or if it does not have the file.
    init(_ key: JobKey, around folder: String) async throws {
        guard let tree = await WorkTree(around: folder) else {
            throw CommandError(
                "there is no work tree at \(PlainText.line(folder)): go to a clone of the jobs repository, or name it with --repository"
            )
        }
        self.key = key
        self.tree = tree
        let type = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
        switch type {
        case nil: throw CommandError("there is no job \(key): the work tree has no file \(key.path)\(advice)")
        case .typeRegular: break
        default: throw CommandError("\(key.path) is not a regular file: write the job itself there")
        }
    }

    /// Edits the file.
    ///
    /// - Parameter message: the message of the commit to make.
    /// - Returns: the text for the user: the changed lines and the git commands.
    /// - Throws: ``CommandError`` with the issues of a file that can't be used.
    func applyEdit(_ edit: JobFileEdit, commit message: String) async throws -> String {
        guard let data = FileManager.default.contents(atPath: url.path) else {
            throw CommandError("\(key.path) can't be read")
        }
        let bytes = Array(data)
        switch edit.apply(to: bytes, at: key) {
        case .unchanged: return edit.sentence(about: key) + "\n"
        case .unusable(let issues):
            for issue in issues {
                StandardError.writeLine("\(issue)")
            }
            throw CommandError("\(key.path) is not changed: correct it first")
        case .edited(let edited):
            let isDirty = try await !tree.uncommittedPaths(under: key.path).isEmpty
            try write(edited)
            return FileDiff(from: bytes, to: edited, path: key.path).text + "\n" + commands(message, isDirty)
        }
    }

    /// Replaces the content, and keeps the mode of the file.
    private func write(_ bytes: [UInt8]) throws {
        do {
            let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions]
            try Data(bytes).write(to: url, options: .atomic)
            if let mode {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
            }
        } catch {
            throw CommandError("\(key.path) can't be written: \(error.localizedDescription)")
        }
    }

    private func commands(_ message: String, _ isDirty: Bool) -> String {
        let here = URL(fileURLWithPath: ".").standardizedFileURL.resolvingSymlinksInPath().path
        let top = URL(fileURLWithPath: tree.path).resolvingSymlinksInPath().path
        let git = here == top ? "git" : "git -C \(ShellWord.shown(tree.path))"
        let note = isDirty ? "The file has other changes that are not committed; git add takes them too.\n" : ""
        return """
            \(note)Nothing is committed yet. To carry it out:
              \(git) add \(ShellWord.shown(key.path))
              \(git) commit -m \"\(message)\"
              \(git) push

            """
    }

    /// Names the job that the user probably meant.
    private var advice: String {
        let root = URL(fileURLWithPath: tree.path).appendingPathComponent(JobPath.root)
        let files = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        let keys = files.compactMap { path -> JobKey? in
            guard case .job(let key) = JobPath("\(JobPath.root)/\(path)") else { return nil }
            return key
        }
        let siblings = keys.filter { ($0.cluster, $0.partition) == (key.cluster, key.partition) }
        let close =
            Suggestion.closest(to: key.id, among: siblings.map(\.id).sorted()).map(key.sibling)
            ?? keys.sorted().first { $0.id == key.id }
        return close.map { "; did you mean \($0)?" } ?? ""
    }
}

/// The difference of a file before and after an edit at one place, as `git diff` shows it.
struct FileDiff {
    private let path: String
    private let old: SourceText
    private let new: SourceText
    private let oldLines: [Range<Int>]
    private let newLines: [Range<Int>]

    /// The number of unchanged lines before and after the changed ones.
    private static let context = 3

    init(from old: [UInt8], to new: [UInt8], path: String) {
        self.path = path
        self.old = SourceText(old)
        self.new = SourceText(new)
        oldLines = Self.lines(of: old)
        newLines = Self.lines(of: new)
    }

    /// The lines with their line breaks.
    private static func lines(of bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
            lines.append(start..<index + 1)
            start = index + 1
        }
        return start < bytes.count ? lines + [start..<bytes.count] : lines
    }

    var text: String {
        let pairs = zip(oldLines, newLines)
        let first = pairs.prefix { old.bytes[$0] == new.bytes[$1] }.count
        let rest = min(oldLines.count, newLines.count) - first
        let last = zip(oldLines.reversed(), newLines.reversed()).prefix(rest)
            .prefix { old.bytes[$0] == new.bytes[$1] }.count
        let start = max(0, first - Self.context)
        let after = min(last, Self.context)
        let removed = oldLines[first..<oldLines.count - last]
        let added = newLines[first..<newLines.count - last]
        let sizes = [removed.count, added.count].map { first - start + $0 + after }
        var text = """
            --- a/\(path)
            +++ b/\(path)
            @@ -\(start + 1),\(sizes[0]) +\(start + 1),\(sizes[1]) @@

            """
        text += oldLines[start..<first].map { line(" ", old, $0) }.joined()
        text += removed.map { line("-", old, $0) }.joined()
        text += added.map { line("+", new, $0) }.joined()
        text += newLines[(newLines.count - last)...].prefix(after).map { line(" ", new, $0) }.joined()
        return text
    }

    /// A line after its sign. Values that may be secrets are masked.
    private func line(_ sign: String, _ source: SourceText, _ range: Range<Int>) -> String {
        let shown = String(decoding: source.secrets.masked(range, of: source.bytes), as: UTF8.self)
        let text = String(shown.unicodeScalars.filter { $0 != "\r" && $0 != "\n" })
        let plain = text.split(separator: "\t", omittingEmptySubsequences: false).map { PlainText.line(String($0)) }
        let isWhole = source.bytes[range].last == UInt8(ascii: "\n")
        return sign + plain.joined(separator: "\t") + (isWhole ? "\n" : "\n\\ No newline at end of file\n")
    }
}
