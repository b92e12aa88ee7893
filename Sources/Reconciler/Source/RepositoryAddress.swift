import Foundation
import Git
public import GitMirror

/// The location of the jobs repository.
public enum RepositoryAddress: Sendable, Equatable {
    /// A folder of this machine, read in place.
    case local(path: String)
    /// A repository on the network, read from a mirror in the state folder.
    case remote(RemoteAddress)

    /// Reads a path, a `file://` URL or an address on the network: see ``Git/RemoteAddress/init(_:)``.
    ///
    /// - Throws: ``AddressError`` if the text is none of them.
    public init(_ text: String) throws(AddressError) {
        guard !text.isEmpty else {
            throw AddressError(
                description: "repository.url is empty; write a path, a file:// URL, https://… or git@host:path"
            )
        }
        if text.lowercased().hasPrefix("file://") {
            guard let url = URL(string: text), url.host ?? "" == "" || url.host == "localhost", !url.path.isEmpty else {
                throw AddressError(
                    description: "\"\(text)\" names no folder of this machine; write file:///path/to/repository.git"
                )
            }
            self = .local(path: url.path)
            return
        }
        guard RemoteAddress.hasForm(text) else {
            self = .local(path: URL(fileURLWithPath: text).standardizedFileURL.path)
            return
        }
        self = .remote(try RemoteAddress(text))
    }
}

extension RepositoryAddress: CustomStringConvertible {
    /// The address as a URL or in ssh's form, without credentials.
    public var description: String {
        switch self {
        case .local(let path): "file://\(path)"
        case .remote(let address): address.description
        }
    }
}
