public import Git
public import Jobs

extension Repository {
    /// Reads a job file of a commit.
    ///
    /// A link, a submodule and a file over ``JobFile/largest`` bytes are not opened: the reading says what is wrong.
    ///
    /// - Throws: ``GitError`` where the object is missing or damaged: then nothing may be concluded from it.
    public func jobReading(_ entry: TreeEntry, at key: JobKey) throws(GitError) -> JobReading {
        guard entry.kind.isRegular else { return .notRegular(key.path) }
        let size = try blobSize(entry.id)
        guard size <= JobFile.largest else { return .tooLarge(key.path, bytes: size) }
        return JobFile.read(try blob(entry.id, limit: JobFile.largest), at: key)
    }
}
