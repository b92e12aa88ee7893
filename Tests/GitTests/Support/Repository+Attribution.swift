import Git

extension Repository {
    /// What history says of files, by path; one without a commit of its own is not there.
    func attribution(
        of paths: [String],
        under folder: String = "",
        at commit: ObjectID,
        since: ObjectID? = nil
    ) throws(GitError) -> [String: FileAttribution] {
        let all = try attributions(of: paths, under: folder, at: commit, since: since)
        return Dictionary(zip(paths, all).compactMap { path, found in found.map { (path, $0) } }) { first, _ in first }
    }
}
