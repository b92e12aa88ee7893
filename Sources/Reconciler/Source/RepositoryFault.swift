import Git
import GitMirror
import Journal
import Platform

extension RepositoryFault {
    /// The word for a failed fetch; nil for one that was cancelled.
    init?(_ error: MirrorError) {
        switch error {
        case .hostKeyUnknown, .hostKeyChanged, .fileUnusable(setting: "knownHosts", _, _): self = .hostKey
        case .certificateNotTrusted, .certificateExpired, .fileUnusable(setting: "caFile", _, _): self = .certificate
        case .authenticationRefused, .fileUnusable: self = .unauthorized
        case .timedOut: self = .timeout
        case .hostUnreachable, .connectionFailed, .programMissing, .folder, .other: self = .unreachable
        case .repositoryNotFound, .formatNotSupported: self = .notRepository
        case .packDamaged, .objectRefused, .mirrorDamaged: self = .damaged
        case .cancelled: return nil
        }
    }

    /// The word for a repository that can't be read.
    init(_ error: GitError) {
        switch error {
        case .repositoryNotFound, .formatNotSupported: self = .notRepository
        case .repositoryNotOwned: self = .unauthorized
        case .system(let error) where error.isPermission: self = .unauthorized
        case .system: self = .unreachable
        case .commitVanished: self = .rewritten
        case .objectMissing, .objectNotFetched, .objectCorrupt, .historyIncomplete, .library: self = .damaged
        case .folderMissing, .entryRefused, .tooLarge, .treeTooDeep, .treeTooLarge, .exportTooLarge, .exportFailed:
            self = .refused
        }
    }
}
