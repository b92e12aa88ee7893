public import Foundation

/// Who made a job and who changed it last, by the history of its file.
public struct Attribution: Sendable, Equatable {
    /// The mail address of the author who added the file.
    public var uid: String
    /// When that was; nil while it is not known yet.
    public var created: Date?
    /// When the file was last changed.
    public var updated: Date?
    /// The commit that changed it last, 40 hexadecimal digits.
    public var commit: String

    /// All that is not given is not known.
    public init(uid: String = "", created: Date? = nil, updated: Date? = nil, commit: String = "") {
        self.uid = uid
        self.created = created
        self.updated = updated
        self.commit = commit
    }
}
