//! The stream between the library's client and a line: lets a reply through only when it is the reply, whole and nothing else.
//!
//! The library believes replies of another length, of another address, and of other requests (slowtec/tokio-modbus 59, 324), and
//! in debug builds dies of some. Here the request is read as it goes out and the reply held against it in every byte before
//! the library sees the first. Bytes that are there before anything was asked end the connection too.

use super::frame::{Framing, Head, Inquiry, MOST_BYTES, Mismatch, Taken};
use crate::field::Op;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream on which only replies come in.
#[derive(Debug)]
pub(super) struct Strict<S> {
    inner: S,
    framing: Framing,
    /// What went out of the request.
    said: Vec<u8>,
    /// The request, once it is out.
    asked: Option<(Head, Op)>,
    /// What came in since.
    heard: Vec<u8>,
    /// It is the reply, and so much of it was handed on.
    given: Option<usize>,
}

impl<S> Strict<S> {
    pub(super) fn new(inner: S, framing: Framing) -> Self {
        Strict { inner, framing, said: Vec::new(), asked: None, heard: Vec::new(), given: None }
    }
}

fn wrong(mismatch: Mismatch) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, mismatch)
}

impl<S: AsyncRead + Unpin> Strict<S> {
    /// A new request begins: nothing may have come before it.
    fn begin(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut chunk = [0; 1];
        let mut early = ReadBuf::new(&mut chunk);
        match Pin::new(&mut self.inner).poll_read(cx, &mut early) {
            Poll::Pending => {}
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Ready(Ok(())) if early.filled().is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            Poll::Ready(Ok(())) => return Err(wrong(Mismatch::Surplus)),
        }
        self.asked = None;
        self.given = None;
        self.heard.clear();
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.said.is_empty() {
            this.begin(cx)?;
        }
        let poll = Pin::new(&mut this.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(n)) = poll {
            this.said.extend(&bytes[..n]);
            match this.framing.request(&this.said) {
                Taken::More => {}
                Taken::Frame(length, head, Inquiry::Op(op)) if length == this.said.len() => {
                    this.asked = Some((head, op));
                    this.said.clear();
                }
                // Something went out that is not what this room sends.
                _ => return Poll::Ready(Err(io::ErrorKind::InvalidInput.into())),
            }
        }
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some((head, op)) = &this.asked else {
            return Poll::Ready(Err(wrong(Mismatch::Surplus)));
        };
        while this.given.is_none() {
            let mut chunk = [0; MOST_BYTES + 1];
            let mut read = ReadBuf::new(&mut chunk);
            std::task::ready!(Pin::new(&mut this.inner).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            this.heard.extend(read.filled());
            if this.framing.reply(*head, op, &this.heard).map_err(wrong)?.is_some() {
                this.given = Some(0);
            }
        }
        let given = this.given.unwrap_or_default();
        let n = buf.remaining().min(this.heard.len() - given);
        if n == 0 {
            // The reply is out, and the library asks for more: it takes it for something else.
            return Poll::Ready(Err(wrong(Mismatch::Length)));
        }
        buf.put_slice(&this.heard[given..given + n]);
        this.given = Some(given + n);
        Poll::Ready(Ok(()))
    }
}
