import Foundation
import Journal
import Platform

/// The state of the service. Anybody may read it, so it contains no credentials, and error texts and paths only for callers who may
/// see them.
struct PingObject: Encodable {
    private struct Repository: Encodable {
        @Nullable var url: String?
        @Nullable var branch: String?
        @Nullable var head: String?
        @Nullable var lastFetch: Date?
        /// A ``RepositoryFault``.
        @Nullable var error: String?
        /// The error in a sentence; absent without one, and for strangers.
        let message: String?
    }

    private struct Reconcile: Encodable {
        @Nullable var lastAttempted: String?
        @Nullable var lastApplied: String?
        let pending: Int
        let held: Int
    }

    private struct Cluster: Encodable {
        let id: String
        let backend: String
        let reachable: Bool
        @Nullable var error: String?
        let message: String?
        /// Absent for clusters that decide themselves.
        let protections: [String]?
    }

    private struct State: Encodable {
        let writable: Bool
        /// `unwritable`, or `low` if the disk is almost full.
        let error: String
        let freeBytes: Int?
        let message: String?
    }

    private struct Auth: Encodable {
        let reachable: Bool
        @Nullable var error: String?
    }

    private let status: String
    private let uptimeSeconds: Int
    private let repository: Repository
    private let reconcile: Reconcile
    private let clusters: [Cluster]
    /// The state folder; absent while all is well.
    private let state: State?
    /// The identity provider; absent if none is configured.
    private let auth: Auth?

    /// Reads the state.
    ///
    /// - Parameters:
    ///   - service: the status; nil before the first pass.
    ///   - showsMessages: whether the caller may see error texts.
    ///   - disk: the room on the disk of the state folder; nil if unknown.
    ///   - backlog: the jobs that are about to be carried out, and those that are held.
    ///   - isProviderReachable: nil without an identity provider.
    ///   - uptime: the time since the service began to answer.
    init(
        _ service: ServiceStatus?,
        showsMessages: Bool = false,
        disk: DiskSpace? = nil,
        backlog: (pending: Int, held: Int),
        isProviderReachable: Bool?,
        uptime: Duration
    ) {
        let isLow = disk?.isLow ?? false
        status = (service?.isHealthy ?? true) && (isProviderReachable ?? true) && !isLow ? "ok" : "degraded"
        auth = isProviderReachable.map { Auth(reachable: $0, error: $0 ? nil : "unreachable") }
        uptimeSeconds = Int(uptime.components.seconds)
        repository = Repository(
            url: service.flatMap { PublicAddress.of($0.repositoryURL) },
            branch: service?.branch,
            head: service?.head,
            lastFetch: service?.lastFetch,
            error: service?.repositoryError.map { _ in service?.repositoryFault?.rawValue ?? "unreadable" },
            message: showsMessages ? service?.repositoryError : nil
        )
        reconcile = Reconcile(
            lastAttempted: service?.lastAttempted,
            lastApplied: service?.lastApplied,
            pending: backlog.pending,
            held: backlog.held
        )
        let isWritable = service?.stateError == nil
        state =
            isWritable && !isLow
            ? nil
            : State(
                writable: isWritable,
                error: isWritable ? "low" : "unwritable",
                freeBytes: disk?.free,
                message: showsMessages ? service?.stateError ?? disk?.warning : nil
            )
        clusters = (service?.clusters ?? []).map { cluster in
            Cluster(
                id: cluster.id,
                backend: cluster.backend,
                reachable: cluster.reachable,
                error: cluster.error.map { _ in "unreachable" },
                message: showsMessages ? cluster.error : nil,
                protections: cluster.protections
            )
        }
    }
}

/// The answer of `GET /api/version`.
public struct BuildInformation: Sendable, Encodable {
    /// The release, for example `0.1.0`.
    public let version: String
    /// The commit of the build, 40 hexadecimal digits, or `unknown`.
    public let commit: String
    /// The version of the Swift compiler.
    public let swift: String
    /// The version of the linked library.
    public let libgit2: String
    let apiVersions = APIVersion.allCases.map(\.rawValue)

    /// Describes a build; the API's versions are added here.
    public init(version: String, commit: String, swift: String, libgit2: String) {
        self.version = version
        self.commit = commit
        self.swift = swift
        self.libgit2 = libgit2
    }
}

/// A repository's address without its secrets.
enum PublicAddress {
    /// Removes the user, the password and the query of a remote, and all but the last name of a local path.
    ///
    /// - Returns: nil for a text that is no known kind of address, since it might contain a secret.
    static func of(_ address: String) -> String? {
        if address.hasPrefix("/") || address.hasPrefix("file:") {
            let name = address.split(separator: "/").last ?? ""
            return name.hasPrefix("file:") ? "file:///" : "file:///.../\(name)"
        }
        guard address.contains("://") else { return ofShellForm(address) }
        guard var parts = URLComponents(string: address) else { return nil }
        parts.user = nil
        parts.password = nil
        parts.query = nil
        parts.fragment = nil
        return parts.string
    }

    /// `user@host:path`, as `scp` and git write it.
    private static func ofShellForm(_ address: String) -> String? {
        let host = address.prefix { $0 != "/" }
        let start = host.lastIndex(of: "@").map(host.index(after:)) ?? host.startIndex
        return host[start...].contains(":") ? String(address[start...]) : nil
    }
}

extension DiskSpace {
    /// The sentence for a disk that is almost full.
    fileprivate var warning: String {
        "the disk of the state folder has \(free >> 20) MiB left, less than \(threshold >> 20) MiB; make room, or shorten retention"
    }
}
