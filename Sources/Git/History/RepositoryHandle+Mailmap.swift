import CLibGit2
import Foundation

/// The mailmap that was read last, and what it was read from.
struct MailmapCache {
    /// Where a text of it comes from; equal as long as the text is the same.
    enum Source: Equatable {
        case file(path: String, size: Int, modified: Date, number: Int)
        case blob(ObjectID)
    }

    private(set) var sources: [Source] = []
    private(set) var mailmap = Mailmap([])

    /// The mailmap of some sources; they are read only where they are not those of the last time.
    mutating func mailmap(of new: [Source], _ read: (Source) -> String?) -> Mailmap {
        if new != sources {
            mailmap = Mailmap(new.compactMap(read))
            sources = new
        }
        return mailmap
    }
}

extension RepositoryHandle {
    /// The largest mailmap that is read, in bytes.
    private static let largestMailmap = 1 << 20

    /// `.mailmap` of the work tree or, in a bare repository, of `HEAD`; then what `mailmap.blob` and `mailmap.file` name.
    ///
    /// <https://git-scm.com/docs/gitmailmap>. One that can't be read, or is too large, counts for nothing.
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

    /// Why a mailmap counts for nothing though it is there: a sentence; nil where all of them count.
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
        // A blob's size is in its header, but for a delta's.
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

    /// The blob of `revision:path`.
    private func entry(_ text: String) -> ObjectID? {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let commit = try? commit(of: parts[0]), let root = try? node(commit).tree,
            let found = try? find(parts[1], in: root, { (id, path) throws(GitError) in try tree(id, at: path) }),
            case .entry(let entry) = found, entry.kind != .submodule
        else { return nil }
        return entry.id
    }

    /// The remote that a partial clone fetches from what it has left out.
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
