import CLibGit2
import Foundation

extension RepositoryHandle {
    /// `.mailmap` of the work tree or, in a bare repository, of `HEAD`; then what `mailmap.blob` and `mailmap.file` name.
    ///
    /// <https://git-scm.com/docs/gitmailmap>. One that can't be read counts for nothing, as in git.
    func mailmap() -> Mailmap {
        let workTree = unsafe use { unsafe git_repository_workdir($0).map { unsafe String(cString: $0) } }
        let blob = setting("mailmap.blob", isPath: false) ?? (workTree == nil ? "HEAD:.mailmap" : nil)
        let texts = [
            workTree.flatMap { text(ofFile: $0 + ".mailmap") },
            blob.flatMap { text(ofRevision: $0) },
            setting("mailmap.file", isPath: true).flatMap { text(ofFile: $0) },
        ]
        return Mailmap(texts.compactMap(\.self))
    }

    private func text(ofFile path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func text(ofRevision revision: String) -> String? {
        var id: ObjectID?
        do throws(LibraryFailure) {
            let object = try unsafe owned(freeing: { unsafe git_object_free($0) }) { made, repository in
                unsafe git_revparse_single(&made, repository, revision)
            }
            id = unsafe object.use { unsafe ObjectID(git_object_id($0).pointee) }
        } catch {
            return nil
        }
        return id.flatMap { try? blob($0, at: revision) }.map { String(decoding: $0, as: UTF8.self) }
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
