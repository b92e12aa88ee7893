import CLibGit2
import Foundation

/// Maps the names and addresses in commits to canonical ones.
///
/// libgit2 1.5 has a mailmap too, but unlike git it compares addresses with their case:
/// <https://git-scm.com/docs/gitmailmap>, `mailmap.c` in git.
struct Mailmap {
    /// Replaces a name and an address; nil keeps it.
    private struct Replacement {
        var name: String?
        var mail: String?
    }

    /// The replacements for one address: for any name, and for single names in lower case.
    private struct Entry {
        var anybody = Replacement()
        var named: [String: Replacement] = [:]
    }

    private var entries: [String: Entry] = [:]

    /// - Parameter texts: the contents of mailmap files. A later line wins.
    init(_ texts: [String]) {
        for line in texts.flatMap({ $0.split(separator: "\n") }) where !line.hasPrefix("#") {
            addEntry(line)
        }
    }

    /// Adds a line `Proper Name <proper@mail> Commit Name <commit@mail>`. All parts except one address are optional.
    private mutating func addEntry(_ line: Substring) {
        guard let first = Self.person(in: line), !first.mail.isEmpty else { return }
        let second = Self.person(in: first.rest)
        let mail = (second?.mail ?? first.mail).lowercased()
        let replacement = Replacement(name: first.name, mail: second == nil ? nil : first.mail)
        if let name = second?.name {
            entries[mail, default: Entry()].named[name.lowercased()] = replacement
        } else {
            let known = entries[mail]?.anybody
            entries[mail, default: Entry()].anybody = Replacement(
                name: replacement.name ?? known?.name,
                mail: replacement.mail ?? known?.mail
            )
        }
    }

    /// Parses an optional name and an address in angle brackets.
    private static func person(in text: Substring) -> (name: String?, mail: String, rest: Substring)? {
        guard let start = text.firstIndex(of: "<"), let end = text[start...].firstIndex(of: ">") else { return nil }
        let words = text[..<start].drop(while: \.isWhitespace)
        let name = words.lastIndex { !$0.isWhitespace }.map { String(words[...$0]) }
        return (name, String(text[text.index(after: start)..<end]), text[text.index(after: end)...])
    }

    /// The canonical name and address for those in a commit.
    func resolve(name: String, mail: String) -> (name: String, mail: String) {
        guard let entry = entries[mail.lowercased()] else { return (name, mail) }
        let replacement = entry.named[name.lowercased()] ?? entry.anybody
        return (replacement.name ?? name, replacement.mail ?? mail)
    }
}

/// The mailmap that was read last, and its sources.
struct MailmapCache {
    /// The source of a mailmap text. Equal sources have equal texts.
    enum Source: Equatable {
        case file(path: String, size: Int, modified: Date, number: Int)
        case blob(ObjectID)
    }

    private(set) var sources: [Source] = []
    private(set) var mailmap = Mailmap([])

    /// The mailmap of some sources. It reads them only if they differ from the last ones.
    mutating func mailmap(of new: [Source], _ read: (Source) -> String?) -> Mailmap {
        if new != sources {
            mailmap = Mailmap(new.compactMap(read))
            sources = new
        }
        return mailmap
    }
}

extension RepositoryHandle {
    /// The maximum size of a mailmap in bytes.
    private static let largestMailmap = 1 << 20

    /// Reads `.mailmap` of the work tree or, in a bare repository, of `HEAD`; then `mailmap.blob` and `mailmap.file`.
    ///
    /// <https://git-scm.com/docs/gitmailmap>. A mailmap that can't be read or is too large is ignored.
    func mailmap() -> Mailmap {
        mailmaps.mailmap(of: mailmapSources.filter { size(of: $0) <= Self.largestMailmap }) { source in
            switch source {
            case .file(let path, _, _, _):
                FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            case .blob(let id):
                (try? blob(id, at: ".mailmap")).map { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    /// Explains why an existing mailmap is ignored; nil if none is.
    func mailmapFault() -> String? {
        guard let size = mailmapSources.map(size).first(where: { $0 > Self.largestMailmap }) else { return nil }
        return
            "the mailmap has \(size) bytes and is not read: \(Self.largestMailmap) are the most; remove old entries from it"
    }

    private var mailmapSources: [MailmapCache.Source] {
        let workTree = unsafe use { unsafe git_repository_workdir($0).map { unsafe String(cString: $0) } }
        let blob = setting("mailmap.blob", isPath: false) ?? (workTree == nil ? "HEAD:.mailmap" : nil)
        let sources = [
            workTree.flatMap { file($0 + ".mailmap") },
            blob.flatMap { entry($0) }.map { .blob($0) },
            setting("mailmap.file", isPath: true).flatMap { file($0) },
        ]
        return sources.compactMap(\.self)
    }

    private func size(of source: MailmapCache.Source) -> Int {
        switch source {
        case .file(_, let size, _, _): size
        // A blob's size is in its header, except for a delta.
        case .blob(let id): mailmaps.sources.contains(source) ? 0 : (try? blobSize(id)) ?? 0
        }
    }

    private func file(_ path: String) -> MailmapCache.Source? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { return nil }
        return .file(
            path: path,
            size: (attributes[.size] as? NSNumber)?.intValue ?? 0,
            modified: attributes[.modificationDate] as? Date ?? .distantPast,
            number: (attributes[.systemFileNumber] as? NSNumber)?.intValue ?? 0
        )
    }

    /// Finds the blob of `revision:path`.
    private func entry(_ text: String) -> ObjectID? {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let commit = commitOfRevision(parts[0]), let root = try? node(commit).tree,
            let found = try? find(parts[1], in: root, { (id, path) throws(GitError) in try tree(id, at: path) }),
            case .entry(let entry) = found, entry.kind != .submodule
        else { return nil }
        return entry.id
    }

    /// `HEAD` is looked up directly: as a revision it may be the name of a branch, a tag or a remote, which are seven files.
    private func commitOfRevision(_ text: String) -> ObjectID? {
        guard text == "HEAD" else { return try? commit(of: text) }
        return try? target(of: text).flatMap { (id) throws(GitError) in try peel(id) }
    }

    /// The remote from which a partial clone fetches missing objects.
    ///
    /// <https://git-scm.com/docs/partial-clone>
    func promisorRemote() -> String? {
        if let name = setting("extensions.partialclone", isPath: false) { return name }
        var names = unsafe git_strarray()
        defer { unsafe git_strarray_dispose(&names) }
        guard unsafe use({ unsafe git_remote_list(&names, $0) }) == 0 else { return nil }
        for index in 0..<(unsafe names.count) {
            guard let name = unsafe names.strings[index].map({ unsafe String(cString: $0) }) else { continue }
            if setting("remote.\(name).promisor", isPath: false) == "true" { return name }
        }
        return nil
    }

    private func setting(_ name: String, isPath: Bool) -> String? {
        do throws(LibraryFailure) {
            let settings = try unsafe owned(freeing: { unsafe git_config_free($0) }) { made, repository in
                unsafe git_repository_config(&made, repository)
            }
            var buffer = unsafe git_buf()
            defer { unsafe git_buf_dispose(&buffer) }
            let code = unsafe settings.use { settings in
                isPath
                    ? unsafe git_config_get_path(&buffer, settings, name)
                    : unsafe git_config_get_string_buf(&buffer, settings, name)
            }
            guard code >= 0, let text = unsafe buffer.ptr else { return nil }
            return unsafe String(cString: text)
        } catch {
            return nil
        }
    }
}
