public import Git
public import Jobs

extension TreeEntry {
    /// What hides job files at this entry; nil where it hides none.
    public var folderFault: FolderFault? { hindrance.flatMap { FolderFault($0, at: path) } }

    /// What the entry is where a folder of job files belongs; nil for a folder.
    var hindrance: FolderFault.Cause? {
        switch kind {
        case .symbolicLink: .link
        case .submodule: .submodule
        case .file, .executable: .file
        case .folder: nil
        }
    }
}
