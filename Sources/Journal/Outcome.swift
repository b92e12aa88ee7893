/// How an action ended.
public enum Outcome: Sendable, Equatable {
    /// Carried out; the definition is in force from now on.
    case done
    /// Nothing was touched; the file's issues say why.
    case held
    /// It did not work and will not until the file or the configuration changes.
    case failed(String)
    /// It did not work, and is tried again later.
    case postponed(String)
}
