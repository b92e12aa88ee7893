import Foundation
import Git
public import GitMirror

/// Where the jobs repository is.
public enum RepositoryAddress: Sendable, Equatable {
    /// A folder of this machine, read in place.
    case local(path: String)
    /// On the network: mirrored into the state folder, and read there.
    case remote(RemoteAddress)

    /// Reads a path, a `file://` URL or an address on the network: see ``Git/RemoteAddress/init(_:)``.
    ///
    /// - Throws: ``AddressError`` where the text is none of them.
    public init(_ text: String) throws(AddressError) {
        guard !text.isEmpty else {
            throw AddressError("repository.url is empty; write a path, a file:// URL, https://… or git@host:path")
        }
        if text.lowercased().hasPrefix("file://") {
            guard let url = URL(string: text), url.host ?? "" == "" || url.host == "localhost", !url.path.isEmpty else {
                throw AddressError("\"\(text)\" names no folder of this machine; write file:///path/to/repository.git")
            }
            self = .local(path: url.path)
            return
        }
        guard RemoteAddress.hasForm(text) else {
            self = .local(path: URL(fileURLWithPath: text).standardizedFileURL.path)
            return
        }
        do throws(RemoteAddressError) {
            self = .remote(try RemoteAddress(text))
        } catch {
            throw AddressError(error.description)
        }
    }
}

extension RepositoryAddress: CustomStringConvertible {
    /// The address as a URL or as ssh has it, without credentials.
    public var description: String {
        switch self {
        case .local(let path): "file://\(path)"
        case .remote(let address): address.description
        }
    }
}

/// Why a repository's address can't be used: a sentence for the operator.
public struct AddressError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The sentence.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
